// What the plugin uses of WebKit, for systems without it. Isolated to the main actor as Apple's is.
import Foundation
import Journal

#if canImport(FoundationNetworking)
@_exported import FoundationNetworking
#endif

public enum WKUserScriptInjectionTime: Int, Sendable {
    case atDocumentStart, atDocumentEnd
}

@preconcurrency @MainActor
public class WKUserScript: NSObject {
    public let source: String
    public let injectionTime: WKUserScriptInjectionTime
    public let isForMainFrameOnly: Bool

    public init(source: String, injectionTime: WKUserScriptInjectionTime, forMainFrameOnly: Bool) {
        self.source = source
        self.injectionTime = injectionTime
        isForMainFrameOnly = forMainFrameOnly
    }
}

@preconcurrency @MainActor
public class WKFrameInfo: NSObject {
    public let isMainFrame: Bool

    public init(isMainFrame: Bool) {
        self.isMainFrame = isMainFrame
    }
}

@preconcurrency @MainActor
public class WKScriptMessage: NSObject {
    public let body: Any
    public let name: String
    public let frameInfo: WKFrameInfo

    public init(body: Any, name: String, frameInfo: WKFrameInfo) {
        self.body = body
        self.name = name
        self.frameInfo = frameInfo
    }
}

@preconcurrency @MainActor
public protocol WKScriptMessageHandler: NSObjectProtocol {
    func userContentController(_ userContentController: WKUserContentController, didReceive message: WKScriptMessage)
}

@preconcurrency @MainActor
public class WKUserContentController: NSObject {
    public private(set) var userScripts: [WKUserScript] = []
    public private(set) var handlers: [String: WKScriptMessageHandler] = [:]

    public func addUserScript(_ script: WKUserScript) {
        userScripts.append(script)
        Journal.shared.note("script added")
    }

    public func removeAllUserScripts() {
        userScripts = []
        Journal.shared.note("scripts removed")
    }

    /// The real one throws an exception that Swift can't catch.
    public func add(_ handler: WKScriptMessageHandler, name: String) {
        precondition(handlers[name] == nil, "a second message handler \(name)")
        handlers[name] = handler
    }

    public func removeScriptMessageHandler(forName name: String) {
        handlers[name] = nil
    }
}

@preconcurrency @MainActor
public class WKWebViewConfiguration: NSObject {
    public var userContentController = WKUserContentController()
}

public class WKNavigation: NSObject {}

@preconcurrency @MainActor
public class WKWebView: NSObject {
    public let configuration = WKWebViewConfiguration()
    /// Called with each request that is loaded.
    public var onLoad: ((URLRequest) -> Void)?

    public func load(_ request: URLRequest) -> WKNavigation? {
        Journal.shared.note("load \(request.url?.absoluteString ?? "")")
        onLoad?(request)
        return WKNavigation()
    }
}
