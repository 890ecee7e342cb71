import Capacitor
import Foundation
import Journal
@testable import LiveUpdaterPlugin
import UIKit
import WebKit
import Workshop
import XCTest

/// An app with the plugin in it: Capacitor's part is played by stubs, the core is the real one.
@MainActor
final class Phone {
    private(set) var bridge = FakeBridge()
    let folder: URL
    private(set) var plugin: LiveUpdaterPlugin!

    init(channel: String = "small", config: [String: Any] = [:]) throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("phone-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: builtin, withIntermediateDirectories: true)
        try "<p>builtin".write(to: builtin.appendingPathComponent("index.html"), atomically: true, encoding: .utf8)
        bridge.config.plugins["LiveUpdater"] = jsObject(Device.config(channel: channel).merging(config) { $1 })
        // Of the test before: its process has ended.
        KeptUpdater.updater = nil
        Journal.shared.begin()
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    nonisolated var builtin: URL {
        folder.appendingPathComponent("App.app/public", isDirectory: true)
    }

    nonisolated var store: URL {
        folder.appendingPathComponent("Application Support/live-updater", isDirectory: true)
    }

    /// The app starts: Capacitor loads the plugin, and then the page.
    func start(_ state: UIApplication.State = .active) {
        UIApplication.shared.applicationState = state
        plugin = load(in: bridge)
    }

    private func load(in bridge: FakeBridge) -> LiveUpdaterPlugin {
        let plugin = LiveUpdaterPlugin()
        plugin.app = NativeApp(
            id: "com.example.app", version: "1.0.0", build: "1.0.0 (1)", builtin: builtin, store: store)
        plugin.bridge = bridge
        plugin.webView = bridge.webView
        plugin.pluginName = plugin.jsName
        bridge.plugin = plugin
        plugin.load()
        _ = bridge.webView?.load(URLRequest(url: bridge.config.appStartServerURL))
        return plugin
    }

    /// The app opens a second view on top of the first one.
    func openAnotherView() -> (bridge: FakeBridge, plugin: LiveUpdaterPlugin) {
        let bridge = FakeBridge(config: bridge.config)
        return (bridge, load(in: bridge))
    }

    /// The app's process ends, and the next one starts with a web view of its own.
    func restart(_ state: UIApplication.State = .active) async throws {
        plugin = nil
        KeptUpdater.updater = nil
        bridge.plugin = nil
        bridge.replaceWebView()
        try await eventually("the store is given up") { isReleased }
        start(state)
    }

    /// The system makes the view anew, in the same process: its bridge, its plugin and its page.
    func recreateView() {
        plugin = nil
        bridge = FakeBridge(config: bridge.config)
        start()
    }

    /// What the page calls, and its answer.
    @discardableResult
    func call(_ method: String, _ options: [String: Any] = [:]) async throws -> [String: Any] {
        try await withCheckedThrowingContinuation { continuation in
            send(method, options) { continuation.resume(with: $0) }
        }
    }

    /// What the page calls, as Capacitor passes it on: by name, on a queue of its own.
    func send(
        _ method: String, _ options: [String: Any] = [:],
        _ done: @escaping (Result<[String: Any], Error>) -> Void = { _ in }
    ) {
        guard let plugin, let perform = LiveUpdaterPlugin.exposed[method] else {
            return done(.failure(Rejection(message: "Objective-C can't see \(method)")))
        }
        let call = CAPPluginCall(
            callbackId: "1", methodName: method, options: options,
            success: { result, _ in
                DispatchQueue.main.async {
                    Journal.shared.note("resolved \(method)")
                    done(.success(result?.data ?? [:]))
                }
            },
            error: { error in
                DispatchQueue.main.async {
                    Journal.shared.note("rejected \(method)")
                    done(.failure(Rejection(of: error)))
                }
            })
        bridge.queue.async { perform(plugin)(call) }
    }

    /// Downloads what the server offers, and activates it.
    func update() async throws -> String {
        try await call("sync")
        let next = try await call("getNextBundle")
        let id = try XCTUnwrap((next["bundle"] as? [String: Any])?["id"] as? String)
        let loads = bridge.pages.count
        try await call("set", ["id": id])
        try await eventually("the page is replaced") { bridge.pages.count > loads }
        return id
    }

    func post(_ name: Notification.Name) {
        NotificationCenter.default.post(name: name, object: nil)
    }

    private var isReleased: Bool {
        let lock = open(store.appendingPathComponent("lock").path, O_RDWR)
        guard lock >= 0 else { return true }
        defer { close(lock) }
        return flock(lock, LOCK_EX | LOCK_NB) == 0
    }
}

/// What the page gets instead of an answer.
struct Rejection: Error {
    let message: String
    let code: String?
    let data: [String: Any]

    init(message: String) {
        self.message = message
        code = nil
        data = [:]
    }

    init(of error: CAPPluginCallError?) {
        message = error?.message ?? ""
        code = error?.code
        data = error?.data ?? [:]
    }
}

func jsObject(_ values: [String: Any]) -> JSObject {
    values.mapValues { value in
        if let object = value as? [String: Any] { return jsObject(object) }
        if let text = value as? String { return text }
        return value as? Int ?? 0
    }
}
