import Capacitor
import Foundation

#if canImport(LiveUpdaterCore)
import LiveUpdaterCore
#endif

/// The core's log, as a part of Capacitor's.
final class CoreLog: LogSink {
    static func install() {
        installLogSink(sink: CoreLog(), mostVerbose: .info)
    }

    static func say(_ message: String) {
        CAPLog.print("⚡️  LiveUpdater:", message)
    }

    static func say(_ launch: Launch) {
        say("shows \(launch.bundle.version) (\(launch.bundle.id), \(launch.bundle.status))")
        if let bundle = launch.rolledBack {
            say("has taken back \(bundle.version) (\(bundle.id))")
        }
        if let problem = launch.problem {
            say("\(problem.code): \(problem.message)")
        }
    }

    func log(level: LogLevel, target: String, message: String) {
        CoreLog.say("\(level): \(message)")
    }
}
