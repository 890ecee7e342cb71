import Foundation

#if canImport(LiveUpdaterCore)
import LiveUpdaterCore
#endif

/// What is known of the app without asking the core.
struct NativeApp {
    /// As the app's package names it.
    var id: String?
    /// For people and for gates, such as `2.1.0`.
    var version: String
    /// Names the installed build: it changes with every installation, also with one of the same version.
    var build: String
    /// The build's number, as its developer counts.
    var number: String?
    /// The web files in the app's package.
    var builtin: URL
    /// Where the core keeps bundles and state.
    var store: URL

    /// This library's own version.
    static let pluginVersion = "0.1.0"

    static var main: NativeApp {
        let bundle = Bundle.main
        let text = { bundle.infoDictionary?[$0] as? String }
        let version = text("CFBundleShortVersionString") ?? "1.0.0"
        let number = text("CFBundleVersion") ?? "0"
        let support = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask)
        return NativeApp(
            id: bundle.bundleIdentifier,
            version: version,
            build: "\(version) (\(number)) \(changed(bundle.bundleURL.appendingPathComponent("Info.plist")))",
            number: number,
            builtin: (bundle.resourceURL ?? bundle.bundleURL).appendingPathComponent("public", isDirectory: true),
            store: (support.first ?? bundle.bundleURL).appendingPathComponent("live-updater", isDirectory: true)
        )
    }

    /// How to open the core on this app. Makes the store's folder.
    func options(config: [String: Any]) -> OpenOptions {
        keepOutOfBackups()
        return OpenOptions(
            root: store.path,
            config: json(config),
            appId: id,
            platform: "ios",
            nativeVersion: version,
            nativeBuild: build,
            bootId: Self.bootId,
            debuggable: Self.isDebuggable,
            versionCode: number,
            osVersion: Self.osVersion
        )
    }

    /// The web files in the app's package, as the page sees a bundle, where no core can tell.
    static func builtinBundle(version: String) -> [String: Any] {
        [
            "id": "builtin", "version": version, "status": "success", "checksum": "",
            "downloaded": "1970-01-01T00:00:00.000Z"
        ]
    }

    /// Bundles belong to this phone and to this build of the app. Where the folder can't be made, the
    /// core says so.
    private func keepOutOfBackups() {
        var folder = store
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try? folder.setResourceValues(values)
    }

    private static var osVersion: String {
        let version = ProcessInfo.processInfo.operatingSystemVersion
        return "\(version.majorVersion).\(version.minorVersion).\(version.patchVersion)"
    }

    private static func changed(_ file: URL) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        let date = attributes?[.modificationDate] as? Date
        return date.map { Int($0.timeIntervalSince1970) } ?? 0
    }

    /// Names the time since the phone was switched on; nothing where the system doesn't tell.
    private static var bootId: String? {
        #if canImport(Darwin)
        var text = [CChar](repeating: 0, count: 64)
        var length = text.count - 1
        guard sysctlbyname("kern.bootsessionuuid", &text, &length, nil, 0) == 0 else { return nil }
        return String(cString: text)
        #else
        return nil
        #endif
    }

    private static var isDebuggable: Bool {
        #if DEBUG
        return true
        #else
        return false
        #endif
    }
}
