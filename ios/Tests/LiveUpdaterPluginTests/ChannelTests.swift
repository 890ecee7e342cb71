import Workshop
import XCTest

/// The page asks for channels, and chooses one.
@MainActor
final class ChannelTests: XCTestCase {
    func testTheServerTellsTheChannelsAndAgreesToTheChoiceOfOne() async throws {
        let phone = try Phone(config: Device.channelService)
        phone.start()
        let list = try await phone.call("listChannels")
        let channels = try XCTUnwrap(list["channels"] as? [[String: Any]])
        XCTAssertEqual(channels.count, 1)
        XCTAssertEqual(channels.first?["id"] as? String, "7")
        XCTAssertEqual(channels.first?["name"] as? String, "beta")
        XCTAssertEqual(channels.first?["public"] as? Bool, false)
        XCTAssertEqual(channels.first?["allowSelfSet"] as? Bool, true)
        XCTAssertTrue(JSONSerialization.isValidJSONObject(list))

        let chosen = try await phone.call("setChannel", ["channel": "beta"])
        XCTAssertEqual(chosen["channel"] as? String, "beta")
        let assigned = try await phone.call("getChannel")
        XCTAssertEqual(assigned["channel"] as? String, "production")
        let configured = try await phone.call("unsetChannel")
        XCTAssertEqual(configured["channel"] as? String, "small")
    }

    func testAChoiceIsForgottenWithoutTheServer() async throws {
        let nobody = ["updateUrl": "http://127.0.0.1:9/updates", "channelUrl": "http://127.0.0.1:9/channel_self"]
        let phone = try Phone(config: Device.channelService.merging(nobody) { $1 })
        phone.start()
        let configured = try await phone.call("unsetChannel")
        XCTAssertEqual(configured["channel"] as? String, "small")
    }

    func testARefusalOfTheServerComesWithItsCode() async throws {
        let phone = try Phone(config: Device.channelService)
        phone.start()
        do {
            try await phone.call("setChannel", ["channel": "inner"])
            XCTFail("it has succeeded")
        } catch let error as Rejection {
            XCTAssertEqual(error.code, "invalid_request")
            XCTAssertTrue(error.message.contains("channel_self_set_not_allowed"), error.message)
            XCTAssertEqual(error.data["retryable"] as? Bool, false)
        }
    }

    func testASourceWithoutSuchAListHasNone() async throws {
        let phone = try Phone()
        phone.start()
        do {
            try await phone.call("listChannels")
            XCTFail("it has succeeded")
        } catch let error as Rejection {
            XCTAssertEqual(error.code, "invalid_request")
        }
    }
}
