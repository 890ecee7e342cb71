// swift-tools-version: 5.9
// The tests as a package of their own, for Linux: `cargo xtask test swift` lays it out, with what
// Apple's systems would bring as stubs.
import PackageDescription

let package = Package(
    name: "OnLinux",
    targets: [
        .target(
            name: "LiveUpdaterCoreFFI",
            path: "LiveUpdaterCoreFFI",
            linkerSettings: [
                .linkedLibrary("live_updater_ffi"),
                .unsafeFlags(["-L\(Context.packageDirectory)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(Context.packageDirectory)/lib"])
            ]),
        .target(name: "LiveUpdaterCore", dependencies: ["LiveUpdaterCoreFFI"], path: "LiveUpdaterCore"),
        .target(name: "Journal", path: "Stubs/Journal"),
        .target(name: "UIKit", path: "Stubs/UIKit"),
        .target(name: "WebKit", dependencies: ["Journal"], path: "Stubs/WebKit"),
        .target(name: "Capacitor", dependencies: ["Journal", "UIKit", "WebKit"], path: "Stubs/Capacitor"),
        .target(
            name: "LiveUpdaterPlugin", dependencies: ["Capacitor", "LiveUpdaterCore"], path: "LiveUpdaterPlugin"),
        .target(name: "Workshop", dependencies: ["LiveUpdaterCore"], path: "Workshop"),
        .executableTarget(name: "Example", dependencies: ["LiveUpdaterCore"], path: "Example"),
        .testTarget(
            name: "LiveUpdaterCoreTests", dependencies: ["LiveUpdaterCore", "Workshop"],
            path: "LiveUpdaterCoreTests"),
        .testTarget(
            name: "LiveUpdaterPluginTests", dependencies: ["LiveUpdaterPlugin", "Workshop"],
            path: "LiveUpdaterPluginTests")
    ]
)
