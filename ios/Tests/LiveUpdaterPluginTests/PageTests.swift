import Capacitor
import Journal
@testable import LiveUpdaterPlugin
import UIKit
import Workshop
import XCTest

/// One page after another: who is shown, and whose word counts.
@MainActor
final class PageTests: XCTestCase {
    func testAnUpdateReplacesThePageScriptFirst() async throws {
        let phone = try Phone()
        phone.start()
        try await phone.call("sync")
        let next = try await phone.call("getNextBundle")
        let id = try XCTUnwrap((next["bundle"] as? [String: Any])?["id"])
        Journal.shared.begin()

        try await phone.call("set", ["id": id])
        try await eventually("the page is replaced") { phone.bridge.pages.count == 2 }

        let steps = Journal.shared.entries.map { $0.hasPrefix("root") ? "root" : $0 }
        XCTAssertEqual(steps.filter { !$0.hasPrefix("log:") }, [
            "resolved set", "scripts removed", "script added", "script added", "script added", "root",
            "load capacitor://localhost"
        ])
        XCTAssertTrue(phone.bridge.page.html.contains("1.1.0"))
    }

    func testOnlyThePluginsOwnScriptIsReplaced() async throws {
        let phone = try Phone()
        phone.start()
        let before = phone.bridge.page
        _ = try await phone.update()
        let after = phone.bridge.page

        XCTAssertEqual(before.scripts.count, 3)
        XCTAssertEqual(after.scripts.count, 3)
        XCTAssertEqual(after.scripts.prefix(2), ["capacitor", "bridge"])
        XCTAssertNotEqual(before.token, after.token)
    }

    func testAReloadLoadsTheSameFolderAgainWithTheSameToken() async throws {
        let phone = try Phone()
        phone.start()
        _ = try await phone.update()
        let before = phone.bridge.page

        try await phone.call("reload")
        try await eventually("the page is loaded again") { phone.bridge.pages.count == 3 }

        XCTAssertEqual(phone.bridge.page.root, before.root)
        XCTAssertEqual(phone.bridge.page.token, before.token)
    }

    func testAResetShowsBuiltin() async throws {
        let phone = try Phone()
        phone.start()
        _ = try await phone.update()
        try await phone.call("reset", ["toLastSuccessful": false])
        try await eventually("builtin is there") { phone.bridge.page.root == phone.builtin.path }
    }

    func testAStalePageCantVouchForTheNextOne() async throws {
        let phone = try Phone()
        phone.start()
        let old = try XCTUnwrap(phone.bridge.page.token)
        _ = try await phone.update()

        do {
            try await phone.call("notifyAppReady", ["launchToken": old])
            XCTFail("it was believed")
        } catch let error as Rejection {
            XCTAssertEqual(error.code, "stale_launch")
        }
    }

    func testWithoutATokenThePageThatStartedLastIsMeant() async throws {
        let phone = try Phone()
        phone.start()
        try await phone.call("notifyAppReady")
        phone.bridge.announces = false
        _ = try await phone.update()

        // The new page is on its way, and the one that calls is the old one.
        do {
            try await phone.call("notifyAppReady")
            XCTFail("the old page was believed")
        } catch let error as Rejection {
            XCTAssertEqual(error.code, "stale_launch")
        }

        phone.bridge.announce(try XCTUnwrap(phone.bridge.page.token))
        let ready = try await phone.call("notifyAppReady")
        XCTAssertEqual((ready["bundle"] as? [String: Any])?["version"] as? String, "1.1.0")
    }

    func testFramesOfOtherSitesHaveNoSay() async throws {
        let phone = try Phone()
        phone.start()
        phone.bridge.announce("of a frame", fromMainFrame: false)
        phone.bridge.announce(42)
        try await phone.call("notifyAppReady")
    }

    func testABundleThatIsNeverReadyIsTakenBackAndThePageBeforeComesBack() async throws {
        let phone = try Phone(config: ["appReadyTimeout": 300])
        phone.start()
        let id = try await phone.update()

        try await eventually("builtin is back") { phone.bridge.page.root == phone.builtin.path }

        XCTAssertNotEqual(phone.bridge.pages[1].token, phone.bridge.page.token)
        let failed = try await phone.call("getFailedUpdate")
        XCTAssertEqual((failed["bundle"] as? [String: Any])?["id"] as? String, id)
    }

    func testAPageIsToldItsTokenOnlyAtTheAppsOwnAddress() async throws {
        let phone = try Phone()
        let address = try XCTUnwrap(URL(string: "ionic://my.app"))
        phone.bridge.config.localURL = address
        phone.bridge.config.serverURL = address
        phone.start()
        XCTAssertEqual(phone.bridge.page.origin, "ionic://my.app")
        _ = try await phone.update()
        XCTAssertEqual(phone.bridge.page.origin, "ionic://my.app")
    }
}
