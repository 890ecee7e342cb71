import Capacitor
import Journal
@testable import LiveUpdaterPlugin
import UIKit
import Workshop
import XCTest

/// What an app shows when it starts.
@MainActor
final class StartTests: XCTestCase {
    func testAForeignPathGoesFirstThenTheCoreLaunchesThenTheRootIsSet() async throws {
        let phone = try Phone()
        KeyValueStore.standard["serverBasePath"] = "/another/updater"
        var isUntouched = false
        Journal.shared.begin { line in
            if line.hasPrefix("serverBasePath") {
                isUntouched = !FileManager.default.fileExists(atPath: phone.store.path)
            }
        }

        phone.start()

        XCTAssertTrue(isUntouched, "the core was there before")
        let steps = Journal.shared.entries.filter { !$0.hasPrefix("script") }
        XCTAssertEqual(steps, [
            "serverBasePath removed",
            "log: ⚡️  LiveUpdater: shows 1.0.0 (builtin, success)",
            "root \(phone.builtin.path)",
            "load capacitor://localhost"
        ])
        XCTAssertNil(KeyValueStore.standard["serverBasePath", as: String.self])
    }

    func testAStartWithABundleShowsItAndGivesItsPageTheToken() async throws {
        let phone = try Phone()
        phone.start()
        try await phone.call("sync")

        try await phone.restart()

        XCTAssertTrue(phone.bridge.page.html.contains("1.1.0"), phone.bridge.page.root)
        let token = try XCTUnwrap(phone.bridge.page.token)
        let ready = try await phone.call("notifyAppReady", ["launchToken": token])
        XCTAssertEqual((ready["bundle"] as? [String: Any])?["status"] as? String, "success")
    }

    func testThePagesScriptIsLeftForThoseWhoCanRunIt() async throws {
        let phone = try Phone()
        phone.start()
        let script = try XCTUnwrap(phone.bridge.page.scripts.last)
        try script.write(toFile: "page-script.js", atomically: true, encoding: .utf8)
        XCTAssertTrue(script.contains("messageHandlers.liveUpdater"))
    }

    func testThePrivacyManifestNamesWhatTheCoreAsksTheSystem() async throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: "PrivacyInfo.xcprivacy"))
        let manifest = try PropertyListSerialization.propertyList(from: data, format: nil) as? [String: Any]
        XCTAssertEqual(manifest?["NSPrivacyTracking"] as? Bool, false)
        let reasons = (manifest?["NSPrivacyAccessedAPITypes"] as? [[String: Any]])?.map { api in
            "\(api["NSPrivacyAccessedAPIType"] ?? "") \(api["NSPrivacyAccessedAPITypeReasons"] ?? "")"
        }
        XCTAssertEqual(reasons, [
            "NSPrivacyAccessedAPICategoryFileTimestamp [\"C617.1\"]",
            "NSPrivacyAccessedAPICategoryDiskSpace [\"E174.1\"]"
        ])
    }

    func testAStartLoadsThePageOnlyOnce() async throws {
        let phone = try Phone()
        phone.start()
        XCTAssertEqual(phone.bridge.pages.count, 1)
    }

    func testAStartInTheBackgroundDoesntCountTimeUntilTheAppIsLookedAt() async throws {
        let phone = try Phone(config: ["appReadyTimeout": 300])
        phone.start()
        try await phone.call("sync")
        try await phone.restart(.background)
        XCTAssertTrue(phone.bridge.page.html.contains("1.1.0"))

        // Three times what it has.
        try await Task.sleep(nanoseconds: 900_000_000)
        XCTAssertTrue(phone.bridge.page.html.contains("1.1.0"))

        phone.post(UIApplication.didBecomeActiveNotification)
        try await eventually("it is taken back") { phone.bridge.page.html.contains("builtin") }
    }

    func testTimeStandsStillWhileAPromptCoversTheApp() async throws {
        let phone = try Phone(config: ["appReadyTimeout": 1500])
        phone.start()
        _ = try await phone.update()

        phone.post(UIApplication.willResignActiveNotification)
        // More than what it has.
        try await Task.sleep(nanoseconds: 2_000_000_000)
        XCTAssertTrue(phone.bridge.page.html.contains("1.1.0"))

        phone.post(UIApplication.didBecomeActiveNotification)
        try await eventually("it is taken back") { phone.bridge.page.html.contains("builtin") }
    }

    func testAPageThatComesWhileTheAppIsCoveredHasTimeUntilItIsLookedAt() async throws {
        let phone = try Phone(config: ["appReadyTimeout": 300])
        phone.start()
        phone.post(UIApplication.willResignActiveNotification)
        _ = try await phone.update()

        try await Task.sleep(nanoseconds: 900_000_000)
        XCTAssertTrue(phone.bridge.page.html.contains("1.1.0"))
    }

    func testABundleWithoutItsStartPageIsReportedAndBuiltinStartsInstead() async throws {
        // The watchdog has no time to take it back.
        let phone = try Phone(config: ["appReadyTimeout": 3_600_000])
        phone.start()
        try await phone.call("sync")
        // Capacitor would end the app: this bundle has no such page.
        phone.bridge.config.appStartPath = "start.html"

        try await phone.restart()

        XCTAssertEqual(phone.bridge.pages.last?.root, phone.builtin.path)
        try await eventually("the core says what runs") { phone.bridge.page.token != nil }
        XCTAssertEqual(phone.bridge.page.root, phone.builtin.path)
        let failed = try await phone.call("getFailedUpdate")
        XCTAssertEqual((failed["bundle"] as? [String: Any])?["version"] as? String, "1.1.0")
    }

    func testAPageThatStandsInForABundleCantVouchForIt() async throws {
        let phone = try Phone()
        phone.start()
        try await phone.call("sync")
        phone.bridge.config.appStartPath = "start.html"
        phone.bridge.announces = false

        try await phone.restart()

        XCTAssertNil(phone.bridge.page.token)
        do {
            try await phone.call("notifyAppReady")
            XCTFail("it was believed")
        } catch let error as Rejection {
            XCTAssertEqual(error.code, "stale_launch")
        }
    }

    func testABadConfigurationStartsOnBuiltin() async throws {
        let phone = try Phone(config: ["trust": "nobody"])
        phone.start()
        XCTAssertEqual(phone.bridge.root, phone.builtin.path)
        do {
            try await phone.call("sync")
            XCTFail("it has succeeded")
        } catch let error as Rejection {
            XCTAssertEqual(error.code, "config")
        }
    }

    func testWithLiveReloadTheUpdaterIsOffAndSaysSoOnce() async throws {
        let phone = try Phone()
        KeyValueStore.standard["serverBasePath"] = "/another/updater"
        phone.bridge.config.serverURL = try XCTUnwrap(URL(string: "http://192.168.1.2:5173"))
        phone.start()

        XCTAssertNil(KeyValueStore.standard["serverBasePath", as: String.self])
        XCTAssertEqual(phone.bridge.root, phone.builtin.path)
        XCTAssertFalse(FileManager.default.fileExists(atPath: phone.store.path))
        let lines = Journal.shared.entries.filter { $0.hasPrefix("log:") }
        XCTAssertEqual(lines.count, 1, "\(lines)")
        XCTAssertTrue(lines[0].contains("server.url"), lines[0])
        var answered: [String] = []
        for method in LiveUpdaterPlugin().pluginMethods.map(\.name) {
            do {
                let answer = try await phone.call(method)
                answered.append(method)
                if let bundle = answer["bundle"] as? [String: Any] {
                    XCTAssertEqual(bundle["id"] as? String, "builtin", method)
                }
            } catch let error as Rejection {
                XCTAssertEqual(error.code, "UNAVAILABLE", method)
            }
        }
        XCTAssertEqual(answered, ["notifyAppReady", "current", "isAutoUpdateEnabled", "getPluginVersion"])
    }

    func testTheStoreIsForThisPhoneOnly() async throws {
        let phone = try Phone()
        phone.start()
        XCTAssertTrue(FileManager.default.fileExists(atPath: phone.store.path))
        XCTAssertTrue(NativeApp.main.store.path.hasSuffix("live-updater"))
        XCTAssertTrue(NativeApp.main.builtin.path.hasSuffix("public"))
    }
}
