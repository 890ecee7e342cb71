import Foundation

#if canImport(LiveUpdaterCore)
import LiveUpdaterCore
#endif

/// Takes what the core tells, on the core's threads, to the plugin that came last, as long as it is
/// there, on the main thread. All of it goes one way, so that it stays in order.
final class EventRelay: UpdateListener, @unchecked Sendable {
    static let shared = EventRelay()

    /// Of the main thread; the newest is the last.
    private var plugins: [Attached] = []

    func attach(_ plugin: LiveUpdaterPlugin) {
        plugins.removeAll { $0.plugin == nil }
        plugins.append(Attached(plugin: plugin))
    }

    func onEvent(event: UpdateEvent) {
        DispatchQueue.main.async { self.newest?.hear(event) }
    }

    /// What is to be loaded is asked for when it is loaded.
    func onReload(launch: Launch) {
        show()
    }

    /// Loads what runs now, in whatever view there is by then.
    func show() {
        DispatchQueue.main.async { self.newest?.show() }
    }

    private var newest: LiveUpdaterPlugin? {
        plugins.last { $0.plugin != nil }?.plugin
    }
}

/// Views come and go: this one may be gone.
private struct Attached {
    weak var plugin: LiveUpdaterPlugin?
}

/// The updater of this process: whatever views come and go, what runs is still the same launch.
enum KeptUpdater {
    /// Of the main thread.
    static var updater: Updater?

    /// Opens it, or gives the one that is open.
    static func open(_ options: OpenOptions) -> Updater {
        let updater = Updater.open(options: options, listener: EventRelay.shared)
        self.updater = updater
        return updater
    }
}
