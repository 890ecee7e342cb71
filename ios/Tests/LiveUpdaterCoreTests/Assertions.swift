import Foundation
import LiveUpdaterCore
import XCTest

/// That a call fails with a code of the core, and says something to people.
func assertFails(
    with expected: String, file: StaticString = #filePath, line: UInt = #line, _ call: () async throws -> Void
) async {
    do {
        try await call()
        XCTFail("\(expected): it has succeeded", file: file, line: line)
    } catch let UpdaterError.Failed(code, detail, _, _) {
        XCTAssertEqual(code, expected, detail, file: file, line: line)
        XCTAssertFalse(detail.isEmpty, expected, file: file, line: line)
    } catch {
        XCTFail("\(expected): \(error)", file: file, line: line)
    }
}

/// As `XCTUnwrap`, whose argument can't wait.
func XCTUnwrapAsync<T>(_ value: T?, file: StaticString = #filePath, line: UInt = #line) async throws -> T {
    try XCTUnwrap(value, file: file, line: line)
}

func fields(_ json: String) -> [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: Any] ?? [:]
}
