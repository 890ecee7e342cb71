import io.github.liveupdater.core.*
import kotlinx.coroutines.runBlocking

fun main(arguments: Array<String>) = runBlocking<Unit> {
    val (root, server) = arguments
    val options =
        OpenOptions(
            root = root,
            config = """{"updateUrl": "$server", "trust": {"mode": "unsigned"}}""",
            appId = "com.example.app",
            nativeVersion = "1.0.0",
        )
    Updater.open(options, Listener).use { updater ->
        val launch = updater.launch(isActive = true)
        load(launch)
        try {
            // The page says that it works; on a phone it does so itself.
            updater.notifyAppReady(launch.launchToken)
            println("sync: ${updater.sync().status}")
        } catch (error: UpdaterException.Failed) {
            println("sync failed: ${error.code}: ${error.detail}")
        }
    }
}

/** Is called on the updater's threads. */
object Listener : UpdateListener {
    override fun onEvent(event: UpdateEvent) = println("${event.name()} ${event.json()}")

    /** A bundle was taken back, or one came into force after a long time in the background. */
    override fun onReload(launch: Launch) = load(launch)
}

fun load(launch: Launch) = println("load ${launch.path ?: "the builtin files"} (${launch.bundle.version})")
