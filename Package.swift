// swift-tools-version: 5.9
import PackageDescription

let package = Package(
    name: "CapacitorLiveUpdater",
    platforms: [.iOS(.v15)],
    products: [
        .library(name: "CapacitorLiveUpdater", targets: ["LiveUpdaterPlugin"])
    ],
    dependencies: [
        .package(url: "https://github.com/ionic-team/capacitor-swift-pm.git", from: "8.0.0")
    ],
    targets: [
        .target(
            name: "LiveUpdaterPlugin",
            dependencies: [
                .product(name: "Capacitor", package: "capacitor-swift-pm"),
                .product(name: "Cordova", package: "capacitor-swift-pm"),
                "LiveUpdaterCore"
            ],
            path: "ios/Sources/LiveUpdaterPlugin",
            resources: [.copy("PrivacyInfo.xcprivacy")]),
        .target(
            name: "LiveUpdaterCore",
            dependencies: ["LiveUpdaterCoreFFI"],
            path: "bindings/swift",
            sources: ["LiveUpdaterCore.swift"]),
        .binaryTarget(
            name: "LiveUpdaterCoreFFI",
            path: "ios/Frameworks/LiveUpdaterCoreFFI.xcframework")
    ]
)
