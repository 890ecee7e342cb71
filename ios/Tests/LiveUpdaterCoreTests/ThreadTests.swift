import Foundation
import LiveUpdaterCore
import Workshop
import XCTest

/// Whose threads do the work, and what is left of it.
final class ThreadTests: XCTestCase {
    func testTwoHundredOpensLeaveNoThreadBehind() async throws {
        // The first one starts what all of them share.
        for round in 0..<220 {
            let device = Device()
            device.start()
            _ = try await device.open().current()
            device.stop()
            if round == 20 { threadsBefore = threads }
        }
        try await eventually("the threads have ended") { threads <= threadsBefore + 2 }
        print("threads: \(threadsBefore) after 20 rounds, \(threads) after 220")
    }

    private var threadsBefore = 0

    private var threads: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
    }

    func testTwoThousandCallsAtOnceAreAllAnsweredByFewThreads() async throws {
        let device = Device()
        device.start()
        let updater = device.open()
        _ = try await updater.sync()
        let before = threads

        let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<2_000 {
                group.addTask { try await Self.isAnswered(number, by: updater) }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }

        XCTAssertEqual(answers, 2_000)
        // The library's threads stay for a while when they have nothing to do.
        XCTAssertLessThanOrEqual(threads, before + 10)
    }

    /// Makes one of some calls; tells whether its answer is one that there can be.
    private static func isAnswered(_ number: Int, by updater: Updater) async throws -> Bool {
        switch number % 4 {
        case 0: return try await updater.current().id == "builtin"
        case 1: return try await updater.bundles().map(\.version) == ["1.1.0"]
        case 2: return try await updater.state().contains("\"running\":\"builtin\"")
        default: return [.busy, .downloaded].contains(try await updater.sync().status)
        }
    }

    func testACallGoesOnWhenItsUpdaterIsReleased() async throws {
        let device = Device(channel: "slow")
        device.start()
        let updater = device.open()
        let sync = Task { try await updater.sync() }
        try await eventually("bytes have come") { device.recorder.names.contains("download") }

        device.stop()

        let outcome = try await sync.value
        XCTAssertEqual(outcome.status, .downloaded)
    }

    func testAReleasedRootCanBeOpenedAgain() async throws {
        let device = Device()
        let first = device.start()
        let second = try await device.restart()
        XCTAssertNil(second.problem)
        XCTAssertNotEqual(second.launchToken, first.launchToken)
    }

    /// What an app may call on its main thread, by name. Some fail: how fast they return counts.
    @MainActor private static let calls: [(String, (Updater) async throws -> Void)] = [
        ("notifyAppReady", { _ = try await $0.notifyAppReady(launchToken: "none") }),
        ("getLatest", { _ = try await $0.getLatest() }),
        ("download", { _ = try await $0.download() }),
        ("sync", { _ = try await $0.sync() }),
        ("setNext", { _ = try await $0.setNext(id: "none") }),
        ("set", { _ = try await $0.set(id: "none") }),
        ("reload", { _ = try await $0.reload() }),
        ("reset", { _ = try await $0.reset() }),
        ("current", { _ = try await $0.current() }),
        ("next", { _ = try await $0.next() }),
        ("bundles", { _ = try await $0.bundles() }),
        ("failedUpdate", { _ = try await $0.failedUpdate() }),
        ("builtinVersion", { _ = try await $0.builtinVersion() }),
        ("nativeVersion", { _ = try await $0.nativeVersion() }),
        ("delete", { try await $0.delete(id: "none") }),
        ("verify", { _ = try await $0.verify(id: "none") }),
        ("reportCrash", { try await $0.reportCrash(reason: .renderer) }),
        ("setBundleError", { _ = try await $0.setBundleError(id: "none") }),
        ("clearBlocked", { try await $0.clearBlocked() }),
        ("setChannel", { _ = try await $0.setChannel(channel: "large") }),
        ("channel", { _ = try await $0.channel() }),
        ("channels", { _ = try? await $0.channels() }),
        ("deviceId", { _ = try await $0.deviceId() }),
        ("setCustomId", { try await $0.setCustomId(customId: "u-1") }),
        ("flush", { _ = try await $0.flush() }),
        ("state", { _ = try await $0.state() }),
        ("launch", { _ = $0.launch(isActive: true) }),
        ("pause", { try $0.pause() }),
        ("resume", { try $0.resume() })
    ]

    @MainActor
    func testNoCallBlocksTheMainThreadWhileFiftyMegabytesAreInstalled() async throws {
        let device = Device(channel: "large")
        device.start()
        let updater = device.open()
        let install = Task.detached { try await updater.sync() }
        try await eventually("the install has begun") { device.recorder.names.contains("updateAvailable") }

        var times: [String: [Double]] = [:]
        var rounds = 0
        while !device.recorder.names.contains("downloadComplete") || rounds < 5 {
            for (name, call) in Self.calls {
                times[name, default: []].append(await timeOnMain { try await call(updater) })
            }
            rounds += 1
        }

        let outcome = try await install.value
        XCTAssertEqual(outcome.status, .downloaded)
        print("ms on the main thread, median and maximum of \(rounds) rounds:")
        for (name, _) in Self.calls {
            let sorted = (times[name] ?? []).sorted()
            let median = sorted[sorted.count / 2]
            print(String(format: "  %7.3f %8.3f  ", median, sorted.last ?? 0) + name)
            XCTAssertLessThan(median, 5, name)
        }
    }

    /// Milliseconds until a call lets the main thread go on: to the job that was queued behind it.
    @MainActor
    private func timeOnMain(_ call: @escaping @MainActor () async throws -> Void) async -> Double {
        var began = DispatchTime.now()
        let called = Task { @MainActor in
            began = DispatchTime.now()
            try await call()
        }
        let next = Task { @MainActor in DispatchTime.now() }
        let ended = await next.value
        _ = await called.result
        return Double(ended.uptimeNanoseconds - began.uptimeNanoseconds) / 1e6
    }
}
