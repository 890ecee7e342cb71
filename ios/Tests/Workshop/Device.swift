import Foundation
import LiveUpdaterCore
import XCTest

/// A phone for one test: a folder for the core, and a server that offers what a channel is pinned to.
public final class Device: @unchecked Sendable {
    public let folder: URL
    public let recorder = Recorder()
    /// Keys on top of those that every test has.
    public var config: [String: Any]

    private var updater: Updater?

    public init(channel: String = "small", config: [String: Any] = [:]) {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("live-updater-\(UUID().uuidString)", isDirectory: true)
        self.config = Self.config(channel: channel).merging(config) { $1 }
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// What all tests have in their configuration.
    public static func config(channel: String) -> [String: Any] {
        [
            "appId": "com.example.app",
            "updateUrl": server,
            "channel": channel,
            "trust": ["mode": "unsigned"],
            "autoUpdate": "off"
        ]
    }

    /// The mock server that the suite has started.
    public static var server: String {
        ProcessInfo.processInfo.environment["LIVE_UPDATER_TEST_SERVER"] ?? "http://127.0.0.1:1"
    }

    /// For an app whose server decides on channels: it has `beta`, and refuses `inner`.
    public static var channelService: [String: Any] {
        let server = ProcessInfo.processInfo.environment["LIVE_UPDATER_TEST_CHANNELS"] ?? "http://127.0.0.1:1"
        return [
            "source": "capgo", "updateUrl": "\(server)/updates", "channelUrl": "\(server)/channel_self"
        ]
    }

    public var options: OpenOptions {
        let json = (try? JSONSerialization.data(withJSONObject: config)) ?? Data()
        return OpenOptions(
            root: folder.path, config: String(decoding: json, as: UTF8.self), platform: "ios",
            nativeVersion: "1.0.0")
    }

    /// The updater that is open; opens it where none is.
    public func open() -> Updater {
        if let updater { return updater }
        let opened = Updater.open(options: options, listener: recorder)
        updater = opened
        return opened
    }

    /// Opens and launches: an app that is looked at has started.
    @discardableResult
    public func start() -> Launch {
        open().launch(isActive: true)
    }

    /// Gives the root up, as the end of a process would.
    public func stop() {
        updater = nil
    }

    /// The process ends and another one starts. What is still at work in the first one may hold the
    /// root for a moment.
    public func restart() async throws -> Launch {
        let deadline = Date(timeIntervalSinceNow: patience)
        while true {
            stop()
            let launch = start()
            guard launch.problem?.code == "busy", Date() < deadline else { return launch }
            try await Task.sleep(nanoseconds: 5_000_000)
        }
    }

    /// A bundle that is good and runs: what a channel offers, after a restart and its readiness.
    public func startWithUpdate() async throws -> Launch {
        start()
        _ = try await open().sync()
        let launch = try await restart()
        _ = try await open().notifyAppReady(launchToken: launch.launchToken)
        return launch
    }
}

/// For how long tests wait for what must come.
public let patience: TimeInterval = 30

/// Waits until something holds, and fails where it doesn't in time.
public func eventually(
    _ what: String, file: StaticString = #filePath, line: UInt = #line, _ holds: () throws -> Bool
) async throws {
    let deadline = Date(timeIntervalSinceNow: patience)
    while try !holds() {
        guard Date() < deadline else { return XCTFail("never: \(what)", file: file, line: line) }
        try await Task.sleep(nanoseconds: 2_000_000)
    }
}
