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

extension CAPPluginCall {
    /// A text that the call can't do without.
    func text(_ key: String) throws -> String {
        guard let text = getString(key) else { throw InvalidRequest(message: "\(key) is missing") }
        return text
    }

    /// The release that the page names, or nothing for the one that the server offered.
    func downloadFrom() throws -> DownloadFrom? {
        guard let url = getString("url") else { return nil }
        let size = try getInt("size").map { (size: Int) -> UInt64 in
            guard let size = UInt64(exactly: size) else { throw InvalidRequest(message: "size is negative") }
            return size
        }
        if let release = getObject("release") {
            let text = try JSONSerialization.data(withJSONObject: release)
            return DownloadFrom(url: url, release: String(decoding: text, as: UTF8.self))
        }
        return DownloadFrom(
            url: url, version: try text("version"), checksum: try text("checksum"),
            signature: getString("signature"), size: size)
    }

    /// Rejects with a code for programs, and says whether trying again makes sense.
    func reject(_ error: Error) {
        switch error {
        case let UpdaterError.Failed(code, detail, retryable, wait):
            var data: PluginCallResultData = ["retryable": retryable]
            data["retryAfter"] = wait
            reject(detail, code, nil, data)
        case let error as InvalidRequest:
            reject(error.message, "invalid_request", nil, ["retryable": false])
        default:
            reject("\(error)", "internal", nil, ["retryable": false])
        }
    }
}

/// A call that lacks something.
private struct InvalidRequest: Error {
    let message: String
}
