// What the plugin uses of UIKit, for systems without it. Isolated to the main actor as Apple's is.
import Foundation

@preconcurrency @MainActor
public class UIApplication: NSObject {
    public enum State: Int, Sendable {
        case active, inactive, background
    }

    public static let shared = UIApplication()

    public var applicationState = State.active

    public nonisolated static let didBecomeActiveNotification =
        Notification.Name("UIApplicationDidBecomeActiveNotification")
    public nonisolated static let willResignActiveNotification =
        Notification.Name("UIApplicationWillResignActiveNotification")

    public nonisolated override init() {
        super.init()
    }
}

@preconcurrency @MainActor
open class UIViewController: NSObject {}
