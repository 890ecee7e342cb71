package io.github.liveupdater.tests

import io.github.liveupdater.core.CrashReason
import io.github.liveupdater.core.DownloadFrom
import io.github.liveupdater.core.Updater
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.CoroutineContext
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

/** The thread that calls, an app's main thread say, is given back at once. */
class ResponsivenessTest {
    @Test
    fun `each call returns to its caller within 5 ms while a bundle of 50 MB is installed`() {
        MockServer().use { server ->
            val zip = largeZip(count = 50, size = 1_000_000)
            // On no channel that is asked for, so that no other call fetches it.
            server.publish("1.1.0", zip, metadata = """{"channel": "none"}""")
            val from = DownloadFrom(server.bundleUrl("1.1.0"), "1.1.0", sha256(zip))
            Device(server).use { device ->
                val (updater, _) = device.launch()
                val installs = Installs(updater, from)
                val results = runBlocking {
                    val installing = launch(Dispatchers.IO) { installs.repeat() }
                    waitUntil("an install") { installs.count.get() > 0 }
                    UiThread(installs).use { ui -> CALLS.mapValues { (_, call) -> ui.measure(updater, call) } }
                        .also { installing.cancelAndJoin() }
                }
                report(results, installs.count.get())
                assertEquals(emptyList(), asynchronousCalls() - CALLS.keys, "not measured")
                val slow = results.filterValues { median(it) > 5.0 }
                assertTrue(slow.isEmpty(), "slow: ${slow.keys}")
            }
        }
    }

    private fun report(results: Map<String, List<Double>>, installs: Int) {
        println("    ms on the caller's thread, in each piece; $installs installs of 50 MB meanwhile")
        println("    %-20s %8s %8s %8s".format("function", "median", "max", "calls"))
        for ((name, times) in results) {
            println("    %-20s %8.3f %8.3f %8d".format(name, median(times), times.max(), TIMES))
        }
    }

    /** All that the updater offers and that suspends. */
    private fun asynchronousCalls(): List<String> =
        Updater::class
            .java
            .declaredMethods
            .filter { it.parameterTypes.lastOrNull()?.name == "kotlin.coroutines.Continuation" }
            .map { it.name }
            .filterNot { '$' in it }
}

private const val TIMES = 25

/** Most fail, since the id or the token is nobody's. They go as far into the core as others. */
private val CALLS: Map<String, suspend (Updater) -> Unit> =
    mapOf(
        "notifyAppReady" to { it.notifyAppReady("00") },
        "getLatest" to { it.getLatest() },
        "download" to { it.download() },
        "sync" to { it.sync() },
        "setNext" to { it.setNext("00") },
        "set" to { it.set("00") },
        "reload" to { it.reload() },
        "reset" to { it.reset() },
        "current" to { it.current() },
        "next" to { it.next() },
        "bundles" to { it.bundles() },
        "failedUpdate" to { it.failedUpdate() },
        "builtinVersion" to { it.builtinVersion() },
        "nativeVersion" to { it.nativeVersion() },
        "delete" to { it.delete("00") },
        "verify" to { it.verify("00") },
        "reportCrash" to { it.reportCrash(CrashReason.RENDERER, "00") },
        "setBundleError" to { it.setBundleError("00") },
        "clearBlocked" to { it.clearBlocked("0.0.1") },
        "setChannel" to { it.setChannel(null) },
        "channel" to { it.channel() },
        "channels" to { it.channels() },
        "deviceId" to { it.deviceId() },
        "setCustomId" to { it.setCustomId("kitchen") },
        "flush" to { it.flush() },
        "state" to { it.state() },
        // These don't suspend, so this is all the time that they take.
        "launch" to { it.launch(true) },
        "pause" to { it.pause() },
        "resume" to { it.resume() },
        "cancel" to { it.cancel() },
        "isAutoUpdateEnabled" to { it.isAutoUpdateEnabled() },
    )

private fun median(times: List<Double>): Double = times.sorted()[times.size / 2]

/** Installs a bundle and deletes it, again and again. */
private class Installs(private val updater: Updater, private val from: DownloadFrom) {
    val count = AtomicInteger()

    @Volatile
    var isRunning = false
        private set

    suspend fun repeat() {
        while (currentCoroutineContext().isActive) {
            isRunning = true
            val bundle = runCatching { updater.download(from) }.getOrNull()
            isRunning = false
            // `cancel` is one of the calls that are measured.
            if (bundle != null) {
                count.incrementAndGet()
                updater.delete(bundle.id)
            }
        }
    }
}

/** One thread, which knows how long each piece of work has kept it. */
private class UiThread(private val installs: Installs) : CoroutineDispatcher(), AutoCloseable {
    private val executor = Executors.newSingleThreadExecutor()
    private val times = mutableListOf<Double>()

    override fun dispatch(context: CoroutineContext, block: Runnable) {
        executor.execute {
            val start = System.nanoTime()
            block.run()
            times += (System.nanoTime() - start) / 1e6
        }
    }

    /** The pieces: from the call until it suspends, and from each answer on. */
    suspend fun measure(updater: Updater, call: suspend (Updater) -> Unit): List<Double> {
        // The classes that it needs are loaded once.
        withContext(this) { runCatching { call(updater) } }
        withContext(this) { times.clear() }
        repeat(TIMES) {
            // Between two of them the bundle is deleted, which takes long on a slow disk.
            waitUntil("an install") { installs.isRunning }
            withContext(this) { runCatching { call(updater) } }
        }
        return withContext(this) { times.toList() }
    }

    override fun close() {
        executor.shutdown()
    }
}
