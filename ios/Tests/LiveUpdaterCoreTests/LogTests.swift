import LiveUpdaterCore
import Workshop
import XCTest

/// What the core writes down. A process has one log, so these come one after another.
final class LogTests: XCTestCase {
    func testTheSinkGetsWhatTheCoreSays() async throws {
        let log = RecordingLog()
        installLogSink(sink: log, mostVerbose: .trace)
        let device = Device(config: ["headers": ["x-mock-fault": "status=503"]])
        device.start()
        _ = try? await device.open().sync()
        XCTAssertFalse(log.lines.isEmpty)
        XCTAssertTrue(log.lines.allSatisfy { $0.contains("live_updater") }, "\(log.lines)")
    }

    func testTheNewestSinkIsTheOneThatHears() async throws {
        let (old, new) = (RecordingLog(), RecordingLog())
        installLogSink(sink: old, mostVerbose: .trace)
        installLogSink(sink: new, mostVerbose: .trace)
        let device = Device()
        device.start()
        _ = try await device.open().sync()
        XCTAssertEqual(old.lines, [])
        XCTAssertFalse(new.lines.isEmpty)
    }

    func testASinkThatThrowsDisturbsNothing() async throws {
        installLogSink(sink: BrokenLog(), mostVerbose: .trace)
        let device = Device()
        device.start()
        let outcome = try await device.open().sync()
        XCTAssertEqual(outcome.status, .downloaded)
    }

    func testNoSecretIsInTheLogOrInAnError() async throws {
        let log = RecordingLog()
        installLogSink(sink: log, mostVerbose: .trace)
        let secrets = ["bearer-4711", "header-4711"]
        let device = Device(config: [
            "token": secrets[0], "headers": ["x-team": secrets[1], "x-mock-fault": "status=500"]
        ])
        let launch = device.start()
        var said = log.lines
        do {
            _ = try await device.open().sync()
            XCTFail("it has succeeded")
        } catch {
            said.append("\(error) \(error.localizedDescription)")
        }
        _ = try? await device.open().notifyAppReady(launchToken: launch.launchToken)
        said += log.lines
        for secret in secrets + [launch.launchToken] {
            XCTAssertFalse(said.contains { $0.contains(secret) }, secret)
        }
    }
}

private final class BrokenLog: LogSink {
    func log(level: LogLevel, target: String, message: String) throws {
        throw ListenerError.Failed(reason: "the disk is full")
    }
}
