import Foundation
import LiveUpdaterCore

/// A listener that remembers.
public final class Recorder: UpdateListener, @unchecked Sendable {
    private let lock = NSLock()
    private var told: [UpdateEvent] = []
    private var asked: [Launch] = []
    private var failure: ListenerError?

    public init() {}

    /// What is thrown from now on, after remembering.
    public func fail(with error: ListenerError) {
        locked { failure = error }
    }

    public var events: [UpdateEvent] {
        locked { told }
    }

    public var names: [String] {
        events.map { $0.name() }
    }

    /// The launches that were to be loaded.
    public var reloads: [Launch] {
        locked { asked }
    }

    public func onEvent(event: UpdateEvent) throws {
        try locked {
            told.append(event)
            if let failure { throw failure }
        }
    }

    public func onReload(launch: Launch) throws {
        try locked {
            asked.append(launch)
            if let failure { throw failure }
        }
    }

    private func locked<T>(_ body: () throws -> T) rethrows -> T {
        lock.lock()
        defer { lock.unlock() }
        return try body()
    }
}

/// A log that remembers.
public final class RecordingLog: LogSink, @unchecked Sendable {
    private let lock = NSLock()
    private var written: [String] = []

    public init() {}

    public var lines: [String] {
        lock.lock()
        defer { lock.unlock() }
        return written
    }

    public func log(level: LogLevel, target: String, message: String) throws {
        lock.lock()
        defer { lock.unlock() }
        written.append("\(level) \(target) \(message)")
    }
}
