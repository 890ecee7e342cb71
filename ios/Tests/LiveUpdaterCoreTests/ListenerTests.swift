import LiveUpdaterCore
import Workshop
import XCTest

/// What the core tells, and who is told.
final class ListenerTests: XCTestCase {
    func testAListenerThatThrowsDisturbsNothing() async throws {
        let device = Device()
        device.recorder.fail(with: .Failed(reason: "a listener of the app"))

        let launch = try await device.startWithUpdate()

        XCTAssertEqual(launch.bundle.version, "1.1.0")
        XCTAssertEqual(device.recorder.names.last, "appReady")
        _ = try await device.open().setBundleError(id: nil)
        XCTAssertEqual(device.recorder.reloads.last?.bundle.id, "builtin")
    }

    func testAThousandEventsArriveInOrder() async throws {
        let device = Device()
        device.start()
        for _ in 0..<1000 {
            _ = try await device.open().reload()
        }
        try await eventually("all have come") { device.recorder.events.count >= 1000 }
        XCTAssertEqual(device.recorder.names, Array(repeating: "appReloaded", count: 1000))
    }

    func testEventsAreWrittenAsThePageExpectsThem() async throws {
        let device = Device(channel: "slow")
        device.start()
        _ = try await device.open().sync()
        _ = try await device.open().set(id: device.open().bundles()[0].id)
        _ = try await device.open().setBundleError(id: nil)

        for event in device.recorder.events {
            let data = fields(event.json())
            XCTAssertNotNil((data["bundle"] as? [String: Any])?["id"], event.name())
            switch event.name() {
            case "download":
                XCTAssertEqual(Set(data.keys), ["percent", "bytes", "totalBytes", "bundle"])
            case "updateFailed":
                XCTAssertEqual(data["reason"] as? String, "reported")
            default:
                XCTAssertEqual(Set(data.keys), ["bundle"], event.name())
            }
        }
        let names = device.recorder.names.filter { $0 != "download" }
        XCTAssertEqual(
            names, ["updateAvailable", "setNext", "downloadComplete", "set", "appReloaded", "updateFailed"])
        let outliving = device.recorder.events.filter { $0.outlivesPage() }.map { $0.name() }
        XCTAssertEqual(outliving, ["set", "appReloaded", "updateFailed"])
    }

    func testTheSameRootOpenedTwiceIsTheSameUpdaterAndTheNewestListenerHears() async throws {
        let device = Device()
        let launch = device.start()
        let newest = Recorder()

        let second = Updater.open(options: device.options, listener: newest)

        XCTAssertEqual(second.launch(isActive: true).launchToken, launch.launchToken)
        XCTAssertNil(second.launch(isActive: true).problem)
        _ = try await device.open().reload()
        try await eventually("the newest hears") { newest.names == ["appReloaded"] }
        XCTAssertEqual(device.recorder.names, [])
    }

    func testAnUpdaterNeedsNoListener() async throws {
        let device = Device()
        let updater = Updater.open(options: device.options, listener: nil)
        _ = updater.launch(isActive: true)
        let outcome = try await updater.sync()
        XCTAssertEqual(outcome.status, .downloaded)
    }
}
