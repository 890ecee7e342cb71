import Capacitor
@testable import LiveUpdaterPlugin
import UIKit
import Workshop
import XCTest

/// Views are made anew in the life of a process: what runs stays the same, and is shown.
@MainActor
final class ViewTests: XCTestCase {
    func testTheSecondViewOfAProcessIsTheSameLaunchAndTakesOver() async throws {
        let phone = try Phone(config: ["appReadyTimeout": 300])
        phone.start()
        _ = try await phone.update()
        let trial = phone.bridge.page
        let first = phone.plugin

        phone.bridge.replaceWebView()
        phone.start()

        XCTAssertEqual(phone.bridge.page.token, trial.token)
        XCTAssertEqual(phone.bridge.page.root, trial.root)
        try await eventually("builtin is back") { phone.bridge.page.root == phone.builtin.path }
        XCTAssertNotNil(first)
    }

    func testTheLaunchOutlivesItsView() async throws {
        let phone = try Phone(config: ["appReadyTimeout": 300])
        phone.start()
        _ = try await phone.update()
        let trial = phone.bridge.page
        weak var first = phone.plugin

        phone.recreateView()

        XCTAssertNil(first)
        XCTAssertEqual(phone.bridge.page.token, trial.token)
        XCTAssertEqual(phone.bridge.page.root, trial.root)
        try await eventually("builtin is back") { phone.bridge.page.root == phone.builtin.path }
    }

    func testWhatAViewHasBegunIsShownInTheOneAfterIt() async throws {
        for method in ["set", "reload"] {
            let phone = try Phone()
            phone.start()
            try await phone.call("sync")
            let next = try await phone.call("getNextBundle")
            let id = try XCTUnwrap((next["bundle"] as? [String: Any])?["id"])
            // The call is on its way, and goes no further before the view is another one.
            let gate = DispatchSemaphore(value: 0)
            phone.bridge.queue.async { gate.wait() }
            weak var first = phone.plugin
            phone.send(method, ["id": id])

            phone.recreateView()
            XCTAssertTrue(phone.bridge.page.html.contains("builtin"), method)
            gate.signal()

            try await eventually("what \(method) activates is shown") {
                phone.bridge.page.html.contains("1.1.0")
            }
            XCTAssertNil(first)
            let token = try XCTUnwrap(phone.bridge.page.token)
            let ready = try await phone.call("notifyAppReady", ["launchToken": token])
            XCTAssertEqual((ready["bundle"] as? [String: Any])?["version"] as? String, "1.1.0")
        }
    }

    func testARollbackReachesTheViewThatIsThere() async throws {
        let phone = try Phone(config: ["appReadyTimeout": 300])
        phone.start()
        _ = try await phone.update()
        phone.recreateView()
        phone.recreateView()
        try await eventually("builtin is back") { phone.bridge.page.root == phone.builtin.path }
        let failed = try await phone.call("getFailedUpdate")
        XCTAssertEqual((failed["bundle"] as? [String: Any])?["version"] as? String, "1.1.0")
    }

    func testWhereTheNewestViewGoesTheOneBeforeItTakesOver() async throws {
        let phone = try Phone()
        phone.start()
        var other: (bridge: FakeBridge, plugin: LiveUpdaterPlugin)? = phone.openAnotherView()
        XCTAssertEqual(other?.bridge.page.token, phone.bridge.page.token)
        other = nil

        _ = try await phone.update()

        XCTAssertTrue(phone.bridge.page.html.contains("1.1.0"))
    }
}
