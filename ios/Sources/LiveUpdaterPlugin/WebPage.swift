import Capacitor
import Foundation
import WebKit

#if canImport(LiveUpdaterCore)
import LiveUpdaterCore
#endif

/// The page in Capacitor's web view: which folder it comes from, and the script that gives it its
/// launch token. For the main thread only.
final class WebPage: NSObject {
    /// The token of the page that is there now: of the first launch, until a page has told its own.
    private(set) var token: String?

    private weak var bridge: CAPBridgeProtocol?
    private let builtin: URL
    private let onStart: () -> Void
    private var script: WKUserScript?

    /// The name under which the page's script reaches `PageMessages`.
    private static let channel = "liveUpdater"

    /// `onStart` is called whenever a page has started.
    init(of bridge: CAPBridgeProtocol, builtin: URL, onStart: @escaping () -> Void) {
        self.bridge = bridge
        self.builtin = builtin
        self.onStart = onStart
        super.init()
        // A second one of the same name would end the app.
        scripts?.removeScriptMessageHandler(forName: Self.channel)
        scripts?.add(PageMessages(for: self), name: Self.channel)
    }

    /// Makes Capacitor's own first load show `launch`. Answers as `prepare`.
    func begin(with launch: Launch) -> Bool {
        let isThere = prepare(launch)
        token = isThere ? launch.launchToken : nil
        return isThere
    }

    /// Loads `launch` in place of what is there, also where both are the same folder. Answers as
    /// `prepare`.
    func replace(with launch: Launch) -> Bool {
        let isThere = prepare(launch)
        if let bridge {
            // Nothing in the request may ask for fresh files: it would count as a reload by the page,
            // and its script lets a page that was reloaded keep its service workers.
            _ = bridge.webView?.load(URLRequest(url: bridge.config.appStartServerURL))
        }
        return isThere
    }

    /// Makes the next load show `launch`. Where its start page isn't on the disk, that is builtin, which
    /// gets no token then: it must not vouch for the bundle. Answers whether it was there.
    private func prepare(_ launch: Launch) -> Bool {
        let folder = launch.path.map { URL(fileURLWithPath: $0, isDirectory: true) }
        let isThere = folder.map(hasStartPage) ?? true
        // The web view runs scripts in foreign pages too, where the app lets some in.
        let origin = bridge?.config.localURL.absoluteString ?? ""
        replaceScript(with: isThere ? launch.pageScriptFor(origin: origin) + Self.announcement : nil)
        bridge?.setServerBasePath((isThere ? folder ?? builtin : builtin).path)
        return isThere
    }

    fileprivate func hasStarted(with token: String) {
        self.token = token
        onStart()
    }

    /// Capacitor ends the app at a start page that isn't there.
    private func hasStartPage(_ folder: URL) -> Bool {
        let page = bridge?.config.appStartPath ?? "index.html"
        return FileManager.default.fileExists(atPath: folder.appendingPathComponent(page).path)
    }

    /// A single script can't be removed: all are, and the others come back in their order.
    private func replaceScript(with source: String?) {
        guard let scripts else { return }
        var all = scripts.userScripts
        let old = all.firstIndex { $0.source == script?.source }
        if let old {
            all.remove(at: old)
        }
        script = source.map { WKUserScript(source: $0, injectionTime: .atDocumentStart, forMainFrameOnly: true) }
        if let script {
            all.insert(script, at: old ?? all.endIndex)
        }
        scripts.removeAllUserScripts()
        for script in all {
            scripts.addUserScript(script)
        }
    }

    private var scripts: WKUserContentController? {
        bridge?.webView?.configuration.userContentController
    }

    /// Tells native code which page has started, as soon as the page itself may know it.
    private static let announcement = """
        if (window === window.top && window.__liveUpdaterLaunch) {
          window.__liveUpdaterLaunch.token.then(function (token) {
            window.webkit.messageHandlers.\(channel).postMessage(token);
          });
        }

        """
}

/// Hears what the page's script says. The web view holds on to this, so this doesn't hold on to the page.
private final class PageMessages: NSObject, WKScriptMessageHandler {
    private weak var page: WebPage?

    init(for page: WebPage) {
        self.page = page
    }

    func userContentController(_ controller: WKUserContentController, didReceive message: WKScriptMessage) {
        // Frames of other sites reach this too.
        guard message.frameInfo.isMainFrame, let token = message.body as? String else { return }
        page?.hasStarted(with: token)
    }
}
