//! Holds the stubs of Capacitor against its own sources, as npm has them.

use std::fs;

use super::Result;
use crate::install::NpmPackages;
use crate::workspace::Workspace;

/// What the plugin builds on: declarations that the stubs repeat, and behaviour that they play.
const FACTS: &[(&str, &[&str])] = &[
    (
        "CAPBridgeViewController.swift",
        &[
            // A foreign path decides before any plugin is asked …
            "KeyValueStore.standard[\"serverBasePath\", as: String.self]",
            // … and where it leads to nothing, the app ends.
            "guard FileManager.default.fileExists(atPath: bridge.config.appStartFileURL.path) else {",
            "exit(1)",
        ],
    ),
    (
        "CapacitorBridge.swift",
        &[
            "public func setServerBasePath(_ path: String) {",
            "guard FileManager.default.fileExists(atPath: url.path) else { return }",
            "open private(set) var dispatchQueue = DispatchQueue(label: \"bridge\")",
            "func removeAllPluginListeners()",
        ],
    ),
    (
        "CAPBridgeProtocol.swift",
        &[
            "var config: InstanceConfiguration { get }",
            "var webView: WKWebView? { get }",
            "func setServerBasePath(_ path: String)",
        ],
    ),
    (
        "CAPInstanceConfiguration.swift",
        &[
            "return appLocation.appendingPathComponent(path)",
            "@objc public var appStartServerURL: URL {",
        ],
    ),
    (
        "CAPInstanceConfiguration.h",
        &[
            "nonnull) NSURL *localURL;",
            "nonnull) NSURL *serverURL;",
            "nullable) NSString *appStartPath;",
        ],
    ),
    // With no server.url, both are the same.
    ("CAPInstanceConfiguration.m", &["_serverURL = _localURL;"]),
    (
        "WebViewDelegationHandler.swift",
        &[
            // Listeners go when a page begins to load.
            "bridge?.reset()",
            "open fileprivate(set) var contentController = WKUserContentController()",
        ],
    ),
    (
        "JSExport.swift",
        &["userContentController.addUserScript(userScript)"],
    ),
    (
        "KeyValueStore.swift",
        &[
            "public subscript<T> (_ key: String, as type: T.Type = T.self) -> T? where T: Codable {",
            "public static let standard",
        ],
    ),
    (
        "CAPPluginCall.swift",
        &[
            "func resolve() {",
            "func resolve(_ data: PluginCallResultData = [:]) {",
            "func reject(_ message: String, _ code: String? = nil, _ error: Error? = nil, \
             _ data: PluginCallResultData? = nil) {",
            "func unavailable(_ message: String) {",
        ],
    ),
    // What the page gave along, of whatever types.
    (
        "CAPPluginCall.h",
        &["@property (nonatomic, strong) NSDictionary *options;"],
    ),
    (
        "PluginConfig.swift",
        &["public func getConfigJSON() -> JSObject {"],
    ),
    (
        "CAPPlugin.h",
        &[
            "weak, nullable) id<CAPBridgeProtocol> bridge;",
            "data:(NSDictionary<NSString *, id>* _Nullable)data retainUntilConsumed:(BOOL)retain;",
            "- (BOOL)hasListeners:(NSString* _Nonnull)eventName;",
            "-(PluginConfig* _Nonnull)getConfig;",
            "-(void)load;",
        ],
    ),
    // What has listeners isn't kept for the page after it.
    (
        "CAPPlugin.m",
        &["if(listenersForEvent == nil || [listenersForEvent count] == 0) {"],
    ),
    (
        "CAPBridgedPlugin.h",
        &[
            "#define CAPPluginReturnPromise @\"promise\"",
            "NSString *identifier;",
            "NSString *jsName;",
            "NSArray<CAPPluginMethod *> *pluginMethods;",
        ],
    ),
    (
        "CAPPluginMethod.h",
        &["initWithName:(NSString *)name returnType:(CAPPluginReturnType *)returnType;"],
    ),
    (
        "CAPLog.swift",
        &["public static func print(_ items: Any..., separator: String"],
    ),
];

/// Fails with what isn't there any more.
pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let sources = NpmPackages::PLUGIN
        .path(workspace)
        .join("node_modules/@capacitor/ios/Capacitor/Capacitor");
    let mut gone = Vec::new();
    for (file, facts) in FACTS {
        let source =
            fs::read_to_string(sources.join(file)).map_err(|error| format!("{file}: {error}"))?;
        let missing = facts.iter().filter(|fact| !source.contains(*fact));
        gone.extend(missing.map(|fact| format!("{file} lacks: {fact}")));
    }
    if !gone.is_empty() {
        return Err(gone.join("\n").into());
    }
    Ok(())
}
