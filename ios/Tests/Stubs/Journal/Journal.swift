import Foundation

/// What the stubs were asked to do, in order, for tests that look at the order.
public final class Journal: @unchecked Sendable {
    public static let shared = Journal()

    private let lock = NSLock()
    private var lines: [String] = []
    private var watcher: ((String) -> Void)?

    public func note(_ line: String) {
        lock.lock()
        lines.append(line)
        let watcher = watcher
        lock.unlock()
        watcher?(line)
    }

    public var entries: [String] {
        lock.lock()
        defer { lock.unlock() }
        return lines
    }

    /// Forgets everything, and calls `watcher` with each line from now on.
    public func begin(_ watcher: ((String) -> Void)? = nil) {
        lock.lock()
        defer { lock.unlock() }
        lines = []
        self.watcher = watcher
    }
}
