import Capacitor
import Foundation
import UIKit

#if canImport(LiveUpdaterCore)
import LiveUpdaterCore
#endif

/// Carries calls of the page to the core, and what the core wants shown to the web view.
///
/// Nothing about updates is decided here.
@objc(LiveUpdaterPlugin)
public class LiveUpdaterPlugin: CAPPlugin, CAPBridgedPlugin {
    public let identifier = "LiveUpdaterPlugin"
    public let jsName = "LiveUpdater"
    public let pluginMethods: [CAPPluginMethod] = [
        CAPPluginMethod(name: "notifyAppReady", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "getLatest", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "download", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "sync", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "cancel", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "next", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "set", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "reload", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "reset", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "current", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "getNextBundle", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "list", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "getFailedUpdate", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "getBuiltinVersion", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "delete", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "verify", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "setBundleError", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "clearBlocked", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "setChannel", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "unsetChannel", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "getChannel", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "listChannels", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "getDeviceId", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "setCustomId", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "flush", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "state", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "isAutoUpdateEnabled", returnType: CAPPluginReturnPromise),
        CAPPluginMethod(name: "getPluginVersion", returnType: CAPPluginReturnPromise)
    ]

    /// What the plugin knows of the app around it.
    var app = NativeApp.main

    /// Nothing where updates are off.
    private var updater: Updater?
    private var page: WebPage?
    private var observers: [NSObjectProtocol] = []
    /// Whether someone looks at the app.
    private var isShown = false
    /// What was told to a page that is about the page after it.
    private var toldTooEarly: [UpdateEvent] = []

    deinit {
        observers.forEach { NotificationCenter.default.removeObserver($0) }
    }

    // MARK: - The life of the app

    /// Chooses what the web view loads. Capacitor calls this on the main thread, before the first load.
    override public func load() {
        // Other updaters leave a path here, and where it leads to nothing, Capacitor ends the app at each
        // start. So it goes before anything else can fail.
        KeyValueStore.standard["serverBasePath"] = nil as String?
        guard let bridge else { return }
        guard bridge.config.serverURL == bridge.config.localURL else {
            bridge.setServerBasePath(app.builtin.path)
            CoreLog.say("off, since server.url is set (live reload)")
            return
        }
        CoreLog.install()
        let options = app.options(config: getConfig().getConfigJSON())
        // Before the launch: whatever is activated after it reaches this view.
        EventRelay.shared.attach(self)
        let updater = KeptUpdater.open(options)
        let page = WebPage(of: bridge, builtin: app.builtin) { [weak self] in self?.tellAgain() }
        self.updater = updater
        self.page = page
        isShown = UIApplication.shared.applicationState != .background
        let launch = updater.launch(isActive: isShown)
        CoreLog.say(launch)
        report(launch, isThere: page.begin(with: launch))
        observers = [
            on(UIApplication.didBecomeActiveNotification) { [weak self] in
                self?.isShown = true
                try updater.resume()
            },
            // A permission prompt covers the app too.
            on(UIApplication.willResignActiveNotification) { [weak self] in
                self?.isShown = false
                try updater.pause()
            }
        ]
    }

    private func on(_ name: Notification.Name, _ tell: @escaping () throws -> Void) -> NSObjectProtocol {
        NotificationCenter.default.addObserver(forName: name, object: nil, queue: nil) { _ in
            do { try tell() } catch { CoreLog.say("\(name.rawValue): \(error)") }
        }
    }

    /// Replaces the page by what runs now; on the main thread. Calls and the watchdog may activate
    /// bundles at the same time, so the core is asked once more: it answers with the newest.
    func show() {
        guard let page, let updater else { return }
        let launch = updater.launch(isActive: isShown)
        CoreLog.say(launch)
        report(launch, isThere: page.replace(with: launch))
    }

    /// Tells the core of a bundle whose files are gone.
    private func report(_ launch: Launch, isThere: Bool) {
        guard !isThere, let updater else { return }
        CoreLog.say("bundle \(launch.bundle.id) has no start page")
        Task { _ = try? await updater.setBundleError(id: launch.bundle.id) }
    }

    /// Passes an event on to the page; on the main thread.
    func hear(_ event: UpdateEvent) {
        if case .appReady = event {} else if event.outlivesPage() && hasListeners(event.name()) {
            toldTooEarly.append(event)
        }
        tell(event)
    }

    /// The next page is there, and may want to know why.
    private func tellAgain() {
        let events = toldTooEarly
        toldTooEarly = []
        events.forEach(tell)
    }

    private func tell(_ event: UpdateEvent) {
        notifyListeners(event.name(), data: object(event.json()), retainUntilConsumed: event.outlivesPage())
    }

    // MARK: - What the page may call

    @objc func notifyAppReady(_ call: CAPPluginCall) {
        guard updater != nil else { return call.resolve(["bundle": builtinBundle]) }
        // A page that doesn't know its token has the one that its script has told.
        let told = page?.token ?? ""
        answer(call) {
            let token = try call.arguments.optionalText(name: "launchToken") ?? told
            return ["bundle": object(try await $0.notifyAppReady(launchToken: token).json())]
        }
    }

    @objc func getLatest(_ call: CAPPluginCall) {
        answer(call) {
            let channel = try call.arguments.optionalText(name: "channel")
            return object(try await $0.getLatest(channel: channel).json())
        }
    }

    @objc func download(_ call: CAPPluginCall) {
        answer(call) { object(try await $0.download(from: call.arguments.downloadFrom()).json()) }
    }

    @objc func sync(_ call: CAPPluginCall) {
        answer(call) { object(try await $0.sync().json()) }
    }

    @objc func cancel(_ call: CAPPluginCall) {
        answer(call) {
            try $0.cancel()
            return [:]
        }
    }

    @objc func next(_ call: CAPPluginCall) {
        answer(call) { object(try await $0.setNext(id: call.arguments.text(name: "id")).json()) }
    }

    @objc func set(_ call: CAPPluginCall) {
        replacePage(call) { try await $0.set(id: call.arguments.text(name: "id")) }
    }

    @objc func reload(_ call: CAPPluginCall) {
        replacePage(call) { try await $0.reload() }
    }

    @objc func reset(_ call: CAPPluginCall) {
        replacePage(call) {
            try await $0.reset(toLastSuccessful: call.arguments.flag(name: "toLastSuccessful"))
        }
    }

    @objc func current(_ call: CAPPluginCall) {
        guard updater != nil else { return call.resolve(["bundle": builtinBundle, "native": app.version]) }
        answer(call) { ["bundle": object(try await $0.current().json()), "native": try await $0.nativeVersion()] }
    }

    @objc func getNextBundle(_ call: CAPPluginCall) {
        answer(call) { ["bundle": orNull(try await $0.next())] }
    }

    @objc func list(_ call: CAPPluginCall) {
        answer(call) { ["bundles": try await $0.bundles().map { object($0.json()) }] }
    }

    @objc func getFailedUpdate(_ call: CAPPluginCall) {
        answer(call) { ["bundle": orNull(try await $0.failedUpdate())] }
    }

    @objc func getBuiltinVersion(_ call: CAPPluginCall) {
        answer(call) { ["version": try await $0.builtinVersion()] }
    }

    @objc func delete(_ call: CAPPluginCall) {
        answer(call) {
            try await $0.delete(id: call.arguments.text(name: "id"))
            return [:]
        }
    }

    @objc func verify(_ call: CAPPluginCall) {
        answer(call) {
            let damaged = try await $0.verify(id: call.arguments.text(name: "id"))
            return ["ok": damaged.isEmpty, "damaged": damaged]
        }
    }

    @objc func setBundleError(_ call: CAPPluginCall) {
        answer(call) {
            let id = try call.arguments.optionalText(name: "id")
            return ["rolledBack": orNull(try await $0.setBundleError(id: id))]
        }
    }

    @objc func clearBlocked(_ call: CAPPluginCall) {
        answer(call) {
            try await $0.clearBlocked(version: call.arguments.optionalText(name: "version"))
            return [:]
        }
    }

    @objc func setChannel(_ call: CAPPluginCall) {
        answer(call) {
            let channel = try call.arguments.optionalText(name: "channel")
            return ["channel": try await $0.setChannel(channel: channel)]
        }
    }

    @objc func unsetChannel(_ call: CAPPluginCall) {
        answer(call) { ["channel": try await $0.setChannel()] }
    }

    @objc func getChannel(_ call: CAPPluginCall) {
        answer(call) { ["channel": try await $0.channel()] }
    }

    @objc func listChannels(_ call: CAPPluginCall) {
        answer(call) { ["channels": try await $0.channels().map { object($0.json()) }] }
    }

    @objc func getDeviceId(_ call: CAPPluginCall) {
        answer(call) { ["deviceId": try await $0.deviceId()] }
    }

    @objc func setCustomId(_ call: CAPPluginCall) {
        answer(call) {
            try await $0.setCustomId(customId: call.arguments.optionalText(name: "customId"))
            return [:]
        }
    }

    @objc func flush(_ call: CAPPluginCall) {
        answer(call) { object(try await $0.flush().json()) }
    }

    @objc func state(_ call: CAPPluginCall) {
        answer(call) { object(try await $0.state()) }
    }

    @objc func isAutoUpdateEnabled(_ call: CAPPluginCall) {
        guard updater != nil else { return call.resolve(["enabled": false]) }
        answer(call) { ["enabled": try $0.isAutoUpdateEnabled()] }
    }

    @objc func getPluginVersion(_ call: CAPPluginCall) {
        call.resolve(["version": NativeApp.pluginVersion])
    }

    // MARK: - How calls are answered

    private func answer(
        _ call: CAPPluginCall, _ work: @escaping (Updater) async throws -> PluginCallResultData
    ) {
        run(call, work) { call.resolve($0) }
    }

    /// For calls that end with another page: in the view that is there then, if this one was made anew.
    private func replacePage(_ call: CAPPluginCall, _ work: @escaping (Updater) async throws -> Launch) {
        run(call, work) { _ in
            call.resolve()
            // The answer is on its way to the page that asked, and then that page may go.
            EventRelay.shared.show()
        }
    }

    /// Works off this thread, and ends on the main thread, where the events of the call wait too: so
    /// they come before its answer. Whatever fails rejects the call.
    private func run<Answer>(
        _ call: CAPPluginCall, _ work: @escaping (Updater) async throws -> Answer,
        then finish: @escaping (Answer) -> Void
    ) {
        guard let updater else { return call.unavailable("live updates are off, since server.url is set") }
        Task {
            do {
                let answer = try await work(updater)
                DispatchQueue.main.async { finish(answer) }
            } catch {
                DispatchQueue.main.async { call.reject(error) }
            }
        }
    }

    private var builtinBundle: PluginCallResultData {
        let configured = getConfig().getConfigJSON()["version"] as? String
        return NativeApp.builtinBundle(version: configured ?? app.version)
    }
}
