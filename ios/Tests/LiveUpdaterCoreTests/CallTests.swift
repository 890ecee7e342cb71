import LiveUpdaterCore
import Workshop
import XCTest

/// Every call that isn't shown elsewhere, once.
final class CallTests: XCTestCase {
    func testBundlesCanBeListedVerifiedChosenAndDeleted() async throws {
        let device = Device()
        device.start()
        let updater = device.open()
        let checksum = try await XCTUnwrapAsync(try await updater.sync().bundle).checksum
        let next = try await XCTUnwrapAsync(try await updater.next())
        XCTAssertEqual(next.checksum, checksum)
        let damaged = try await updater.verify(id: next.id)
        XCTAssertEqual(damaged, [])

        let launch = try await updater.reset()
        XCTAssertEqual(launch.bundle.id, "builtin")
        let none = try await updater.next()
        XCTAssertNil(none)

        let chosen = try await updater.setNext(id: next.id)
        XCTAssertEqual(chosen.id, next.id)
        let activated = try await updater.reload()
        XCTAssertEqual(activated.bundle.id, next.id)
        _ = try await updater.reset(toLastSuccessful: true)
        try await updater.delete(id: next.id)
        let bundles = try await updater.bundles()
        XCTAssertEqual(bundles, [])
    }

    func testADownloadFromAnAddressThatTheAppKnows() async throws {
        let device = Device()
        device.start()
        let release = try await device.open().sync().bundle
        let checksum = try XCTUnwrap(release?.checksum)
        let other = Device()
        other.start()

        let bundle = try await other.open().download(
            from: DownloadFrom(url: "\(Device.server)/api/v1/bundles/1.1.0", version: "1.1.0", checksum: checksum))

        XCTAssertEqual(bundle.version, "1.1.0")
        XCTAssertEqual(bundle.checksum, checksum)
    }

    func testWhatIsKnownOfTheAppAndTheDevice() async throws {
        let device = Device()
        device.start()
        let updater = device.open()
        let builtin = try await updater.builtinVersion()
        let native = try await updater.nativeVersion()
        let id = try await updater.deviceId()
        let same = try await updater.deviceId()
        XCTAssertEqual([builtin, native], ["1.0.0", "1.0.0"])
        XCTAssertFalse(id.isEmpty)
        XCTAssertEqual(id, same)
        try await updater.setCustomId(customId: "u-1")
        let chosen = try await updater.setChannel(channel: "other")
        let channel = try await updater.channel()
        XCTAssertEqual([chosen, channel], ["other", "other"])
        let configured = try await updater.setChannel()
        let again = try await updater.channel()
        XCTAssertEqual([configured, again], ["small", "small"])
        let state = fields(try await updater.state())
        XCTAssertEqual(state["running"] as? String, "builtin")
        XCTAssertFalse(try updater.isAutoUpdateEnabled())
    }

    func testWhatTheConfigurationLeavesOutIsFilledIn() async throws {
        let device = Device()
        device.config["autoUpdate"] = nil
        device.config["appId"] = nil
        var options = device.options
        options = OpenOptions(root: options.root, config: options.config, appId: "com.example.filled")
        let updater = Updater.open(options: options, listener: nil)
        let launch = updater.launch(isActive: true)
        XCTAssertNil(launch.problem)
        XCTAssertTrue(try updater.isAutoUpdateEnabled())
    }

    func testReportsReachTheServer() async throws {
        let device = Device()
        _ = try await device.startWithUpdate()
        let flushed = try await device.open().flush()
        XCTAssertEqual(flushed.pending, 0)
    }

    func testADeadRendererIsNoVerdictByItself() async throws {
        let device = Device()
        let launch = try await device.startWithUpdate()
        try await device.open().reportCrash(reason: .renderer)
        let current = try await device.open().current()
        XCTAssertEqual(current.id, launch.bundle.id)
        XCTAssertEqual(current.status, .success)
    }

    func testThePageScriptHoldsTheTokenOfItsLaunch() {
        let launch = Device().start()
        XCTAssertTrue(launch.pageScript().contains("\"\(launch.launchToken)\""))
        XCTAssertEqual(fields(launch.json())["launchToken"] as? String, launch.launchToken)
        XCTAssertTrue(fields(launch.json())["path"] is NSNull)
    }
}
