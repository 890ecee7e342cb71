import LiveUpdaterCore
import Workshop
import XCTest

/// What is to be expected is an outcome, what isn't has a code.
final class OutcomeTests: XCTestCase {
    func testSyncIsUpToDateWhereTheOfferRuns() async throws {
        let device = Device()
        _ = try await device.startWithUpdate()
        let outcome = try await device.open().sync()
        XCTAssertEqual(outcome.status, .upToDate)
        XCTAssertEqual(device.recorder.names.last, "noNeedUpdate")
    }

    func testSyncTellsOfABundleThatNeedsANewerApp() async throws {
        let device = Device(channel: "gated")
        device.start()
        let outcome = try await device.open().sync()
        XCTAssertEqual(outcome.status, .nativeUpdateRequired)
        XCTAssertNil(outcome.bundle)
    }

    func testSyncIsBlockedByAFailureUntilThatIsCleared() async throws {
        let device = Device()
        let launch = try await device.startWithUpdate()
        let failed = try await device.open().setBundleError(id: nil)
        XCTAssertEqual(failed?.id, launch.bundle.id)
        XCTAssertEqual(device.recorder.reloads.last?.bundle.id, "builtin")

        let outcome = try await device.open().sync()

        XCTAssertEqual(outcome.status, .blocked)
        XCTAssertEqual(outcome.reason, .failed)
        let known = try await device.open().failedUpdate()
        XCTAssertEqual(known?.status, .error)
        try await device.open().clearBlocked(version: "1.1.0")
        let again = try await device.open().sync()
        XCTAssertEqual(again.status, .downloaded)
    }

    func testASecondSyncIsBusyWhileOneRuns() async throws {
        let device = Device(channel: "slow")
        device.start()
        let updater = device.open()
        let first = Task { try await updater.sync() }
        try await eventually("the first is at work") { device.recorder.names.contains("download") }

        let second = try await updater.sync()

        XCTAssertEqual(second.status, .busy)
        try updater.cancel()
        _ = try? await first.value
    }

    func testACheckIsBlockedWhileTheServerAsksToWait() async throws {
        let device = Device(config: ["headers": ["x-mock-fault": "status=429,retry-after=120"]])
        device.start()
        let latest = try await device.open().getLatest()
        XCTAssertEqual(latest.status, .blocked)
        XCTAssertEqual(latest.reason, .rateLimited)
    }

    func testAServerThatIsOverloadedSaysHowLongToWait() async throws {
        let device = Device(channel: "limited")
        device.start()
        do {
            _ = try await device.open().download()
            XCTFail("it has answered")
        } catch let UpdaterError.Failed(code, _, retryable, wait) {
            XCTAssertEqual(code, "rate_limited")
            XCTAssertTrue(retryable)
            XCTAssertEqual(wait, 120)
        }
    }

    /// By code: the channel, further configuration, and what is called.
    private let failures: [(String, String, [String: Any], (Updater) async throws -> Void)] = [
        ("network", "small", ["updateUrl": "http://127.0.0.1:9"], { _ = try await $0.getLatest() }),
        ("http_status", "small", ["headers": ["x-mock-fault": "status=403"]], { _ = try await $0.getLatest() }),
        ("protocol", "small", ["headers": ["x-mock-fault": "malformed-json"]], { _ = try await $0.getLatest() }),
        ("timeout", "small", ["headers": ["x-mock-fault": "delay=60000"], "requestTimeout": 100],
         { _ = try await $0.getLatest() }),
        ("checksum_mismatch", "changed", [:], { _ = try await $0.sync() }),
        ("invalid_archive", "garbage", [:], { _ = try await $0.sync() }),
        ("missing_index", "empty", [:], { _ = try await $0.sync() }),
        ("size_exceeded", "small", ["maxBundleBytes": 10], { _ = try await $0.sync() }),
        ("archive_limit", "large", ["maxFiles": 10], { _ = try await $0.sync() }),
        ("signature_missing", "small", ["trust": ["mode": "bundle", "keys": [["key": publicKey]]]],
         { _ = try await $0.sync() }),
        ("native_version", "gated", [:], {
            _ = try await $0.getLatest()
            _ = try await $0.download()
        }),
        ("not_found", "small", ["headers": ["x-mock-fault": "status=404"]], { _ = try await $0.getLatest() }),
        ("unknown_bundle", "small", [:], { _ = try await $0.setNext(id: String(repeating: "0", count: 32)) }),
        ("protected_bundle", "small", [:], { try await $0.delete(id: "builtin") }),
        ("invalid_request", "small", [:],
         { _ = try await $0.setChannel(channel: String(repeating: "x", count: 600)) }),
        ("invalid_request", "small", [:], { _ = try await $0.channels() }),
        ("stale_launch", "small", [:], { _ = try await $0.notifyAppReady(launchToken: "of long ago") }),
        ("config", "small", ["unheardOf": 1], { _ = try await $0.sync() })
    ]

    func testEveryFailureHasItsCode() async {
        // At the same time: some are tried again for seconds before they are given up.
        await withTaskGroup(of: Void.self) { group in
            for (code, channel, config, call) in failures {
                group.addTask {
                    let device = Device(channel: channel, config: config)
                    device.start()
                    await assertFails(with: code) { try await call(device.open()) }
                }
            }
        }
    }

    func testACallBeforeTheLaunchIsRefused() async {
        let device = Device()
        await assertFails(with: "invalid_request") { _ = try await device.open().sync() }
        XCTAssertThrowsError(try device.open().pause())
    }

    func testARootOfAnotherProcessIsBusy() async throws {
        let device = Device()
        try FileManager.default.createDirectory(at: device.folder, withIntermediateDirectories: true)
        let lock = open(device.folder.appendingPathComponent("lock").path, O_CREAT | O_RDWR, 0o600)
        defer { close(lock) }
        XCTAssertEqual(flock(lock, LOCK_EX), 0)

        let launch = device.start()

        XCTAssertEqual(launch.problem?.code, "busy")
        XCTAssertEqual(launch.bundle.id, "builtin")
        await assertFails(with: "busy") { _ = try await device.open().reload() }
        let outcome = try await device.open().sync()
        XCTAssertEqual(outcome.status, .busy)
    }

    func testABadConfigurationStillStartsTheApp() {
        let device = Device(config: ["trust": "nobody"])
        let launch = device.start()
        XCTAssertEqual(launch.bundle.id, "builtin")
        XCTAssertEqual(launch.problem?.code, "config")
    }
}

private let publicKey = """
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
    -----END PUBLIC KEY-----
    """
