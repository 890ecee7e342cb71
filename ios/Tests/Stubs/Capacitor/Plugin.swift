// What the plugin uses of Capacitor's plugins, calls and bridge.
import Foundation
import UIKit
import WebKit

public let CAPPluginReturnPromise = "promise"

public class CAPPluginMethod: NSObject {
    public let name: String
    public let returnType: String

    public init(name: String, returnType: String) {
        self.name = name
        self.returnType = returnType
    }
}

public protocol CAPBridgedPlugin: NSObjectProtocol {
    var identifier: String { get }
    var jsName: String { get }
    var pluginMethods: [CAPPluginMethod] { get }
}

public protocol CAPBridgeProtocol: NSObjectProtocol {
    var viewController: UIViewController? { get }
    var config: InstanceConfiguration { get }
    var webView: WKWebView? { get }
    func setServerBasePath(_ path: String)
}

public class CAPPluginCallResult: NSObject {
    public let data: PluginCallResultData?

    public init(_ data: PluginCallResultData?) {
        self.data = data
    }
}

public class CAPPluginCallError: NSObject {
    public let message: String
    public let code: String?
    public let error: Error?
    public let data: PluginCallResultData?

    init(message: String, code: String?, error: Error?, data: PluginCallResultData?) {
        self.message = message
        self.code = code
        self.error = error
        self.data = data
    }
}

public class CAPPluginCall: NSObject {
    public var options: [AnyHashable: Any]!
    public var successHandler: ((CAPPluginCallResult?, CAPPluginCall?) -> Void)!
    public var errorHandler: ((CAPPluginCallError?) -> Void)!

    public init(
        callbackId: String, methodName: String, options: [AnyHashable: Any],
        success: @escaping (CAPPluginCallResult?, CAPPluginCall?) -> Void,
        error: @escaping (CAPPluginCallError?) -> Void
    ) {
        self.options = options
        successHandler = success
        errorHandler = error
    }

    public func resolve() {
        successHandler(CAPPluginCallResult(nil), self)
    }

    public func resolve(_ data: PluginCallResultData = [:]) {
        successHandler(CAPPluginCallResult(data), self)
    }

    public func reject(
        _ message: String, _ code: String? = nil, _ error: Error? = nil, _ data: PluginCallResultData? = nil
    ) {
        errorHandler(CAPPluginCallError(message: message, code: code, error: error, data: data))
    }

    public func unavailable(_ message: String) {
        reject(message, "UNAVAILABLE", nil, [:])
    }
}

open class CAPPlugin: NSObject {
    public weak var webView: WKWebView?
    public weak var bridge: CAPBridgeProtocol?
    public var pluginName = ""
    /// By event: what the page's listeners are given.
    public var eventListeners: [String: [([String: Any]) -> Void]] = [:]
    public var retainedEventArguments: [String: [[String: Any]]] = [:]

    open func load() {}

    public func getConfig() -> PluginConfig {
        bridge?.config.getPluginConfig(pluginName) ?? PluginConfig(config: [:])
    }

    public func addEventListener(_ name: String, listener: @escaping ([String: Any]) -> Void) {
        eventListeners[name, default: []].append(listener)
        retainedEventArguments.removeValue(forKey: name)?.forEach { notifyListeners(name, data: $0) }
    }

    public func hasListeners(_ name: String) -> Bool {
        !(eventListeners[name] ?? []).isEmpty
    }

    /// The page hears of it a turn of the main thread later, as of the answers of calls.
    public func notifyListeners(_ name: String, data: [String: Any]?, retainUntilConsumed retain: Bool = false) {
        let listeners = eventListeners[name] ?? []
        if listeners.isEmpty && retain {
            retainedEventArguments[name, default: []].append(data ?? [:])
        }
        listeners.forEach { listener in
            DispatchQueue.main.async { listener(data ?? [:]) }
        }
    }
}
