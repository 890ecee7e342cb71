package io.github.liveupdater.tests

import io.github.liveupdater.core.BundleInfo
import io.github.liveupdater.core.Launch
import io.github.liveupdater.core.OpenOptions
import io.github.liveupdater.core.UpdateEvent
import io.github.liveupdater.core.UpdateListener
import io.github.liveupdater.core.Updater
import io.github.liveupdater.core.UpdaterException
import java.nio.file.Path
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock
import kotlin.test.assertFailsWith
import kotlinx.coroutines.runBlocking

/** An app on a device. Closing it ends the app's process, as far as that can be had in one JVM. */
class Device(
    server: MockServer?,
    vararg settings: Pair<String, Any>,
    private val root: Path = scratchFolder("device"),
) : AutoCloseable {
    private val config = config(server?.url, *settings)
    private val open = mutableListOf<Updater>()

    /** Starts the app's process, or opens its updater again. */
    fun open(listener: UpdateListener? = null): Updater {
        val options =
            OpenOptions(
                root = root.toString(),
                config = config,
                appId = "com.example.app",
                nativeVersion = "1.0.0",
            )
        return Updater.open(options, listener).also { open += it }
    }

    /** Starts the app's process and launches. */
    fun launch(listener: UpdateListener? = null): Pair<Updater, Launch> {
        val updater = open(listener)
        return updater to updater.launch(true)
    }

    /** Ends the app's process. */
    fun stop() {
        open.forEach { it.close() }
        open.clear()
    }

    /** Installs what the server offers and starts it on trial in a new process. */
    fun trial(listener: UpdateListener? = null): Pair<Updater, Launch> {
        val (updater, _) = launch()
        runBlocking { updater.sync() }
        stop()
        return launch(listener)
    }

    override fun close() {
        stop()
        root.toFile().deleteRecursively()
    }
}

/** A configuration; automatic checks are off, for they would come in between. */
fun config(url: String?, vararg settings: Pair<String, Any>): String {
    val keys =
        mapOf("autoUpdate" to "off", "trust" to Json("""{"mode": "unsigned"}""")) +
            listOfNotNull(url?.let { "updateUrl" to it }) +
            settings
    return keys.entries.joinToString(",", "{", "}") { (key, value) ->
        "\"$key\":" + if (value is String) "\"$value\"" else value.toString()
    }
}

/** Stands in a configuration as it is. */
class Json(private val text: String) {
    override fun toString() = text
}

/** Keeps what it is told. */
open class Recorder : UpdateListener {
    private val events = mutableListOf<UpdateEvent>()
    private val reloads = mutableListOf<Launch>()
    private val lock = ReentrantLock()
    private val added = lock.newCondition()

    override fun onEvent(event: UpdateEvent) = add(events, event)

    override fun onReload(launch: Launch) = add(reloads, launch)

    fun events(): List<UpdateEvent> = lock.withLock { events.toList() }

    fun names(): List<String> = events().map { it.name() }

    /** The first event that is meant, waited for. */
    fun event(isMeant: (UpdateEvent) -> Boolean): UpdateEvent = first(events, isMeant)

    /** The first launch that was to be loaded, waited for. */
    fun reload(): Launch = first(reloads) { true }

    private fun <T> add(list: MutableList<T>, item: T) = lock.withLock {
        list += item
        added.signalAll()
    }

    private fun <T> first(list: List<T>, isMeant: (T) -> Boolean): T = lock.withLock {
        var left = PATIENCE_NANOSECONDS
        while (list.none(isMeant)) {
            check(left > 0) { "waited in vain; events: ${events.map { it.name() }}" }
            left = added.awaitNanos(left)
        }
        list.first(isMeant)
    }
}

private const val PATIENCE_NANOSECONDS = 30_000_000_000L

/** What the call fails with. */
fun failure(call: suspend () -> Unit): UpdaterException.Failed =
    assertFailsWith<UpdaterException.Failed> { runBlocking { call() } }

/** Waits for what comes soon. */
fun waitUntil(what: String, holds: () -> Boolean) {
    val deadline = System.nanoTime() + PATIENCE_NANOSECONDS
    while (!holds()) {
        check(System.nanoTime() < deadline) { "waited in vain for $what" }
        Thread.sleep(5)
    }
}

val BundleInfo.isBuiltin
    get() = id == "builtin"
