import LiveUpdaterCore
import Workshop
import XCTest

/// The way of an update, from the check to readiness and back.
final class UpdateTests: XCTestCase {
    func testACheckTellsWhatTheServerOffersAndDownloadsNothing() async throws {
        let device = Device()
        device.start()

        let latest = try await device.open().getLatest()

        XCTAssertEqual(latest.status, .updateAvailable)
        XCTAssertEqual(latest.release?.version, "1.1.0")
        XCTAssertEqual(device.recorder.names, ["updateAvailable"])
        let bundles = try await device.open().bundles()
        XCTAssertEqual(bundles, [])
    }

    func testACheckOfAnotherChannelLeavesTheDevicesChannel() async throws {
        let device = Device()
        device.start()

        let latest = try await device.open().getLatest(channel: "other")

        XCTAssertEqual(latest.release?.version, "1.2.0")
        let channel = try await device.open().channel()
        XCTAssertEqual(channel, "small")
    }

    func testADownloadTellsItsProgressBeforeItsAnswer() async throws {
        let device = Device(channel: "slow")
        device.start()
        _ = try await device.open().getLatest()

        let bundle = try await device.open().download()

        XCTAssertEqual(bundle.version, "3.0.0")
        XCTAssertEqual(bundle.status, .pending)
        let percents = device.recorder.events.compactMap { event -> Int32? in
            guard case let .download(percent, _, _, _) = event else { return nil }
            return percent
        }
        XCTAssertGreaterThan(percents.count, 3)
        XCTAssertEqual(percents, percents.sorted())
        XCTAssertEqual(percents.last, 100)
        XCTAssertEqual(device.recorder.names.last, "downloadComplete")
    }

    func testCancelEndsTheRunningDownload() async throws {
        let device = Device(channel: "slow")
        device.start()
        let updater = device.open()
        let sync = Task { try await updater.sync() }
        try await eventually("bytes have come") { device.recorder.names.contains("download") }

        try updater.cancel()

        await assertFails(with: "cancelled") { _ = try await sync.value }
        XCTAssertEqual(device.recorder.names.last, "downloadFailed")
    }

    func testTheNextLaunchTriesWhatSyncBroughtAndReadinessMakesItGood() async throws {
        let device = Device()
        device.start()
        let outcome = try await device.open().sync()
        XCTAssertEqual(outcome.status, .downloaded)

        let launch = try await device.restart()

        XCTAssertTrue(launch.trial)
        XCTAssertEqual(launch.bundle.id, outcome.bundle?.id)
        let path = try XCTUnwrap(launch.path)
        let page = try String(contentsOfFile: path + "/index.html", encoding: .utf8)
        XCTAssertTrue(page.contains("1.1.0"), page)
        let ready = try await device.open().notifyAppReady(launchToken: launch.launchToken)
        XCTAssertEqual(ready.status, .success)
        XCTAssertEqual(device.recorder.names.last, "appReady")
    }

    func testAStaleTokenIsRefusedAndChangesNothing() async throws {
        let device = Device()
        let first = device.start()
        let bundle = try await XCTUnwrapAsync(try await device.open().sync().bundle)
        let second = try await device.open().set(id: bundle.id)

        await assertFails(with: "stale_launch") {
            _ = try await device.open().notifyAppReady(launchToken: first.launchToken)
        }

        let current = try await device.open().current()
        XCTAssertEqual(current.status, .trial)
        let ready = try await device.open().notifyAppReady(launchToken: second.launchToken)
        XCTAssertEqual(ready.status, .success)
    }

    func testTheWatchdogAsksForAReloadOfWhatRanBefore() async throws {
        let device = Device(config: ["appReadyTimeout": 300])
        device.start()
        _ = try await device.open().sync()
        let trial = try await device.restart()

        try await eventually("the watchdog acts") { !device.recorder.reloads.isEmpty }

        let reload = device.recorder.reloads[0]
        XCTAssertEqual(reload.bundle.id, "builtin")
        XCTAssertNil(reload.path)
        XCTAssertNotEqual(reload.launchToken, trial.launchToken)
        guard case let .updateFailed(bundle, reason) = device.recorder.events.last else {
            return XCTFail("\(device.recorder.names)")
        }
        XCTAssertEqual(bundle.id, trial.bundle.id)
        XCTAssertEqual(reason, .timeout)
    }

    func testTimeStandsStillWhileTheAppIsPaused() async throws {
        let device = Device(config: ["appReadyTimeout": 300])
        device.start()
        let bundle = try await XCTUnwrapAsync(try await device.open().sync().bundle)
        try device.open().pause()
        let trial = try await device.open().set(id: bundle.id)

        // Three times what it has.
        try await Task.sleep(nanoseconds: 900_000_000)
        XCTAssertEqual(device.recorder.reloads, [])

        try device.open().resume()
        try await eventually("the watchdog acts") { !device.recorder.reloads.isEmpty }
        XCTAssertNotEqual(device.recorder.reloads[0].launchToken, trial.launchToken)
    }
}
