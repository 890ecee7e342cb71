import Capacitor
import Foundation

#if canImport(LiveUpdaterCore)
import LiveUpdaterCore
#endif

/// What the core writes as JSON, as Capacitor passes it on.
func object(_ json: String) -> PluginCallResultData {
    let value = try? JSONSerialization.jsonObject(with: Data(json.utf8))
    return value as? PluginCallResultData ?? [:]
}

func orNull(_ bundle: BundleInfo?) -> Any {
    bundle.map { object($0.json()) } ?? NSNull()
}

/// An object as the core reads it. What isn't JSON would end the app here: it is an empty text, which
/// the core refuses.
func json(_ object: [String: Any]) -> String {
    guard JSONSerialization.isValidJSONObject(object),
        let data = try? JSONSerialization.data(withJSONObject: object)
    else { return "" }
    return String(decoding: data, as: UTF8.self)
}

extension CAPPluginCall {
    /// What the page gave along, of whatever types: the core takes it, or refuses it by its name.
    var arguments: CallArguments {
        CallArguments(json: json(options as? [String: Any] ?? [:]))
    }

    /// Rejects with a code for programs, and says whether trying again makes sense.
    func reject(_ error: Error) {
        switch error {
        case let UpdaterError.Failed(code, detail, retryable, wait):
            var data: PluginCallResultData = ["retryable": retryable]
            data["retryAfter"] = wait
            reject(detail, code, nil, data)
        default:
            reject("\(error)", "internal", nil, ["retryable": false])
        }
    }
}
