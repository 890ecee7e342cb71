import Foundation
import LiveUpdaterCore

/// Hears what happens, on the updater's threads.
final class Listener: UpdateListener {
    func onEvent(event: UpdateEvent) throws {
        print("event: \(event.name())")
    }

    func onReload(launch: Launch) throws {
        print("load \(launch.path ?? "builtin") now")
    }
}

let folder = FileManager.default.currentDirectoryPath
let options = OpenOptions(
    root: folder + "/updates",
    config: try String(contentsOfFile: folder + "/live-updater.json", encoding: .utf8),
    nativeVersion: "1.0.0")
let updater = Updater.open(options: options, listener: Listener())

// What to load: a folder with an index.html, or the files in the app's package.
let launch = updater.launch(isActive: true)
print("show \(launch.path ?? "builtin")")

do {
    // Once the page says that it works. Until then, a new bundle is on trial.
    _ = try await updater.notifyAppReady(launchToken: launch.launchToken)
    // What comes is tried by the next launch.
    print("sync: \(try await updater.sync().status)")
} catch let UpdaterError.Failed(code, detail, _, _) {
    print("\(code): \(detail)")
}
