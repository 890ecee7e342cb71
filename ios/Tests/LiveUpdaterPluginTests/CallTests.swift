import Capacitor
import Journal
@testable import LiveUpdaterPlugin
import Workshop
import XCTest

/// What the page calls and what it gets.
@MainActor
final class PluginCallTests: XCTestCase {
    func testWhatIsListedIsWhatObjectiveCSees() async {
        let plugin = LiveUpdaterPlugin()
        let listed = plugin.pluginMethods
        XCTAssertEqual(Set(listed.map(\.name)), Set(LiveUpdaterPlugin.exposed.keys))
        XCTAssertEqual(listed.count, LiveUpdaterPlugin.exposed.count)
        XCTAssertEqual(Set(listed.map(\.returnType)), ["promise"])
        XCTAssertEqual(plugin.jsName, "LiveUpdater")
        XCTAssertEqual(plugin.identifier, "LiveUpdaterPlugin")
    }

    func testEveryCallIsAnsweredWithJSON() async throws {
        let phone = try Phone()
        phone.start()
        let latest = try await phone.call("getLatest")
        XCTAssertEqual(latest["status"] as? String, "updateAvailable")
        XCTAssertEqual(latest["version"] as? String, "1.1.0")
        let bundle = try await phone.call("download")
        let id = try XCTUnwrap(bundle["id"])
        let expected: [(String, [String: Any], Set<String>)] = [
            ("notifyAppReady", [:], ["bundle"]),
            ("next", ["id": id], ["id", "version", "status", "checksum", "downloaded"]),
            ("getNextBundle", [:], ["bundle"]),
            ("current", [:], ["bundle", "native"]),
            ("list", [:], ["bundles"]),
            ("getFailedUpdate", [:], ["bundle"]),
            ("getBuiltinVersion", [:], ["version"]),
            ("verify", ["id": id], ["ok", "damaged"]),
            ("setChannel", ["channel": "other"], ["channel"]),
            ("getChannel", [:], ["channel"]),
            ("getDeviceId", [:], ["deviceId"]),
            ("setCustomId", ["customId": "u-1"], []),
            ("clearBlocked", [:], []),
            ("flush", [:], ["delivered", "pending"]),
            ("cancel", [:], []),
            ("isAutoUpdateEnabled", [:], ["enabled"]),
            ("getPluginVersion", [:], ["version"]),
            ("sync", [:], ["status", "bundle"]),
            ("unsetChannel", [:], ["channel"]),
            ("setBundleError", ["id": id], ["rolledBack"])
        ]
        for (method, options, keys) in expected {
            let answer = try await phone.call(method, options)
            XCTAssertEqual(Set(answer.keys), keys, method)
            XCTAssertTrue(JSONSerialization.isValidJSONObject(answer), method)
        }
        let state = try await phone.call("state")
        XCTAssertEqual(state["running"] as? String, "builtin")
        XCTAssertTrue(JSONSerialization.isValidJSONObject(state))
    }

    func testNoBundleIsNull() async throws {
        let phone = try Phone()
        phone.start()
        for method in ["getNextBundle", "getFailedUpdate"] {
            let answer = try await phone.call(method)
            XCTAssertTrue(answer["bundle"] is NSNull, method)
        }
    }

    func testADownloadFromAnAddressThatThePageNames() async throws {
        let phone = try Phone()
        phone.start()
        let latest = try await phone.call("download")
        try await phone.call("delete", ["id": try XCTUnwrap(latest["id"])])
        let bundle = try await phone.call("download", [
            "url": "\(Device.server)/api/v1/bundles/1.1.0", "version": "1.1.0",
            "checksum": try XCTUnwrap(latest["checksum"])
        ])
        XCTAssertEqual(bundle["status"] as? String, "pending")
        let verified = try await phone.call("verify", ["id": try XCTUnwrap(bundle["id"])])
        XCTAssertEqual(verified["ok"] as? Bool, true)
    }

    func testARejectionHasTheCoresCodeAndSaysWhetherToTryAgain() async throws {
        let phone = try Phone(channel: "limited")
        phone.start()
        do {
            try await phone.call("download")
            XCTFail("it has succeeded")
        } catch let error as Rejection {
            XCTAssertEqual(error.code, "rate_limited")
            XCTAssertFalse(error.message.isEmpty)
            XCTAssertEqual(error.data["retryable"] as? Bool, true)
            XCTAssertEqual(error.data["retryAfter"] as? Int64, 120)
            XCTAssertTrue(JSONSerialization.isValidJSONObject(error.data))
        }
    }

    func testWhatACallCantDoWithoutIsNamed() async throws {
        let phone = try Phone()
        phone.start()
        let incomplete: [(String, [String: Any])] = [
            ("next", [:]), ("set", ["id": NSNull()]), ("delete", [:]), ("verify", [:]),
            ("download", ["url": "https://example.com"])
        ]
        for (method, options) in incomplete {
            do {
                try await phone.call(method, options)
                XCTFail("\(method) has succeeded")
            } catch let error as Rejection {
                XCTAssertEqual(error.code, "invalid_request", method)
                XCTAssertEqual(error.data["retryable"] as? Bool, false)
                XCTAssertNil(error.data["retryAfter"])
            }
        }
    }

    func testAnArgumentOfTheWrongTypeIsRefusedByItsName() async throws {
        let phone = try Phone()
        phone.start()
        let from: [String: Any] = ["url": "https://example.com", "version": "1.1.0", "checksum": "ff"]
        let with = { (name: String, value: Any) in from.merging([name: value]) { $1 } }
        let wrong: [(String, [String: Any], String)] = [
            ("notifyAppReady", ["launchToken": 5], "launchToken"),
            ("getLatest", ["channel": 1], "channel"),
            ("download", ["url": 5], "url"),
            ("download", with("version", 2), "version"),
            ("download", with("checksum", ["ff"]), "checksum"),
            ("download", with("signature", ["a": 1]), "signature"),
            ("download", with("size", "x"), "size"),
            ("download", with("release", 5), "release"),
            ("download", with("size", -1), "size"),
            ("download", with("size", 1.5), "size"),
            ("download", ["version": "1.1.0"], "url"),
            ("next", ["id": 5], "id"),
            ("set", ["id": ["a"]], "id"),
            ("delete", ["id": [String: Any]()], "id"),
            ("verify", ["id": true], "id"),
            ("reset", ["toLastSuccessful": "yes"], "toLastSuccessful"),
            ("reset", ["toLastSuccessful": 1], "toLastSuccessful"),
            ("setBundleError", ["id": 5], "id"),
            ("clearBlocked", ["version": 5], "version"),
            ("setChannel", ["channel": 5], "channel"),
            ("setCustomId", ["customId": 5], "customId")
        ]
        for (method, options, name) in wrong {
            do {
                try await phone.call(method, options)
                XCTFail("\(method) \(options) has succeeded")
            } catch let error as Rejection {
                XCTAssertEqual(error.code, "invalid_request", "\(method) \(options)")
                let isNamed = error.message.hasPrefix("\(name) must") || error.message.hasPrefix("\(name) is missing")
                XCTAssertTrue(isNamed, "\(method) \(options): \(error.message)")
                XCTAssertEqual(error.data["retryable"] as? Bool, false)
            }
        }
        let list = try await phone.call("list")
        XCTAssertEqual((list["bundles"] as? [Any])?.count, 0)
    }

    func testArgumentsThatNoJSONHasAreRefused() async throws {
        let phone = try Phone()
        phone.start()
        for options in [["url": Date()], ["size": Double.nan]] as [[String: Any]] {
            do {
                try await phone.call("download", options)
                XCTFail("\(options) has succeeded")
            } catch let error as Rejection {
                XCTAssertEqual(error.code, "invalid_request", "\(options)")
            }
        }
    }

    func testWhatIsNullIsLeftOut() async throws {
        let phone = try Phone()
        phone.start()
        let latest = try await phone.call("getLatest", ["channel": NSNull()])
        XCTAssertEqual(latest["status"] as? String, "updateAvailable")
        let bundle = try await phone.call("download", ["url": NSNull(), "size": NSNull()])
        XCTAssertEqual(bundle["version"] as? String, "1.1.0")
    }

    func testEventsComeBeforeTheAnswerOfTheirCall() async throws {
        let phone = try Phone(channel: "slow")
        phone.start()
        var heard: [String] = []
        var percents: [Int] = []
        for name in ["updateAvailable", "download", "setNext", "downloadComplete"] {
            phone.plugin.addEventListener(name) { data in
                heard.append(name)
                if let percent = data["percent"] as? Int { percents.append(percent) }
            }
        }

        try await phone.call("sync")

        XCTAssertEqual(heard.first, "updateAvailable")
        XCTAssertEqual(heard.filter { $0 != "download" }, ["updateAvailable", "setNext", "downloadComplete"])
        XCTAssertEqual(percents.last, 100)
    }

    func testABusyMainThreadDoesntPutTheAnswerBeforeTheEvents() async throws {
        let phone = try Phone()
        phone.start()
        let bundle = try await phone.call("download")
        let id = try XCTUnwrap(bundle["id"])
        phone.plugin.addEventListener("setNext") { _ in Journal.shared.note("heard setNext") }
        Journal.shared.begin()

        let call = Task { try await phone.call("next", ["id": id]) }
        await Task.yield()
        // Both wait for it now.
        busy(for: 0.3)
        _ = try await call.value

        XCTAssertEqual(Journal.shared.entries, ["heard setNext", "resolved next"])
    }

    private func busy(for seconds: TimeInterval) {
        Thread.sleep(forTimeInterval: seconds)
    }

    func testWhatANewPageMustKnowWaitsForIt() async throws {
        let phone = try Phone()
        phone.start()
        let id = try await phone.update()
        try await phone.call("setBundleError")
        try await eventually("builtin is back") { phone.bridge.page.root == phone.builtin.path }

        var failed: [String: Any] = [:]
        phone.plugin.addEventListener("updateFailed") { failed = $0 }
        var missed = false
        phone.plugin.addEventListener("setNext") { _ in missed = true }
        try await eventually("the new page hears") { !failed.isEmpty }
        XCTAssertEqual(failed["reason"] as? String, "reported")
        XCTAssertEqual((failed["bundle"] as? [String: Any])?["id"] as? String, id)
        XCTAssertFalse(missed)
    }

    func testWhatTheOldPageHasHeardTheNewOneHearsToo() async throws {
        let phone = try Phone()
        phone.start()
        var old: [String] = []
        for name in ["set", "appReady"] {
            phone.plugin.addEventListener(name) { _ in old.append(name) }
        }
        try await phone.call("notifyAppReady")

        _ = try await phone.update()

        XCTAssertEqual(old, ["appReady", "set"])
        var new: [String] = []
        for name in ["set", "appReady"] {
            phone.plugin.addEventListener(name) { _ in new.append(name) }
        }
        try await eventually("the new page hears") { !new.isEmpty }
        XCTAssertEqual(new, ["set"])
    }
}
