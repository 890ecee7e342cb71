import Capacitor
import Foundation
import Journal
import LiveUpdaterPlugin
import UIKit
import WebKit

/// What Capacitor's bridge does for the plugin, and what a page with the plugin's script in it does.
@MainActor
final class FakeBridge: NSObject, @preconcurrency CAPBridgeProtocol {
    let config: InstanceConfiguration
    let queue = DispatchQueue(label: "bridge")
    private(set) var webView: WKWebView?
    private(set) var root = ""
    private(set) var pages: [Page] = []
    weak var plugin: LiveUpdaterPlugin?
    /// Whether the script of a page that starts says so at once.
    var announces = true

    var viewController: UIViewController? { nil }

    init(config: InstanceConfiguration = InstanceConfiguration()) {
        self.config = config
        super.init()
        replaceWebView()
    }

    func replaceWebView() {
        let view = WKWebView()
        let scripts = view.configuration.userContentController
        scripts.addUserScript(WKUserScript(source: "capacitor", injectionTime: .atDocumentStart, forMainFrameOnly: true))
        scripts.addUserScript(WKUserScript(source: "bridge", injectionTime: .atDocumentStart, forMainFrameOnly: true))
        view.onLoad = { [weak self] _ in self?.startPage() }
        webView = view
    }

    /// A folder that isn't there is passed over in silence.
    func setServerBasePath(_ path: String) {
        Journal.shared.note("root \(path)")
        guard FileManager.default.fileExists(atPath: path) else { return }
        root = path
    }

    var page: Page {
        pages[pages.count - 1]
    }

    /// Sends what a page's script sends.
    func announce(_ token: Any, fromMainFrame isMainFrame: Bool = true) {
        guard let scripts = webView?.configuration.userContentController else { return }
        for (name, handler) in scripts.handlers {
            let frame = WKFrameInfo(isMainFrame: isMainFrame)
            let message = WKScriptMessage(body: token, name: name, frameInfo: frame)
            handler.userContentController(scripts, didReceive: message)
        }
    }

    private func startPage() {
        // Capacitor forgets the listeners of the page before.
        plugin?.eventListeners = [:]
        let scripts = webView?.configuration.userContentController.userScripts ?? []
        pages.append(Page(root: root, scripts: scripts.map { $0.source }))
        if announces, let token = page.token {
            announce(token)
        }
    }
}

/// A page that was loaded: where it came from, and what ran before it.
struct Page {
    let root: String
    let scripts: [String]

    /// What the plugin's script hands to the page.
    var token: String? {
        arguments.first
    }

    /// Where the plugin's script does so, and nowhere else.
    var origin: String? {
        arguments.dropFirst(2).first
    }

    /// The script is a function that is called at its end.
    private var arguments: [String] {
        guard let script = scripts.first(where: { $0.contains("__liveUpdaterLaunch") }),
            let call = script.range(of: "})(", options: .backwards),
            let end = script.range(of: ");", range: call.upperBound..<script.endIndex)
        else { return [] }
        let json = Data("[\(script[call.upperBound..<end.lowerBound])]".utf8)
        return (try? JSONDecoder().decode([String].self, from: json)) ?? []
    }

    var html: String {
        (try? String(contentsOfFile: root + "/index.html", encoding: .utf8)) ?? ""
    }
}
