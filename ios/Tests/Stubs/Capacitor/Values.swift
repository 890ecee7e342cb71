// What the plugin uses of Capacitor's values, configuration and log.
import Foundation
import Journal

public protocol JSValue {}
extension String: JSValue {}
extension Bool: JSValue {}
extension Int: JSValue {}
extension Double: JSValue {}
extension NSNumber: JSValue {}
extension NSNull: JSValue {}
extension Array: JSValue {}
extension Dictionary: JSValue where Key == String, Value == JSValue {}

public typealias JSObject = [String: JSValue]
public typealias PluginCallResultData = [String: Any]

public class PluginConfig: NSObject {
    private let config: JSObject

    init(config: JSObject) {
        self.config = config
    }

    public func getConfigJSON() -> JSObject {
        config
    }
}

public class InstanceConfiguration: NSObject {
    public var localURL = URL(string: "capacitor://localhost")!
    public var serverURL = URL(string: "capacitor://localhost")!
    public var appStartPath: String?
    public var plugins: [String: JSObject] = [:]

    public var appStartServerURL: URL {
        appStartPath.map(serverURL.appendingPathComponent) ?? serverURL
    }

    public func getPluginConfig(_ name: String) -> PluginConfig {
        PluginConfig(config: plugins[name] ?? [:])
    }
}

public class KeyValueStore {
    public static let standard = KeyValueStore()

    private var values: [String: Any] = [:]

    public subscript<T>(_ key: String, as type: T.Type = T.self) -> T? where T: Codable {
        get { values[key] as? T }
        set {
            values[key] = newValue
            Journal.shared.note("\(key) \(newValue == nil ? "removed" : "stored")")
        }
    }
}

public class CAPLog {
    public static func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {
        let line = items.map { "\($0)" }.joined(separator: separator)
        Journal.shared.note("log: \(line)")
    }
}
