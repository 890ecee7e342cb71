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
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

/** The thread that calls, an app's main thread say, is given back at once. */
class ResponsivenessTest {
    @Test
    fun `each call returns to its caller within 5 ms while a bundle of 50 MB is installed`() {
        MockServer().use { server ->
            val zip = server.publish("1.1.0", largeZip(count = 50, size = 1_000_000))
            val from = DownloadFrom(server.bundleUrl("1.1.0"), "1.1.0", sha256(zip))
            Device(server).use { device ->
                val (updater, _) = device.launch()
                val installs = AtomicInteger()
                val times = runBlocking {
                    val installing = installAgainAndAgain(updater, from, installs)
                    waitUntil("the first install") { installs.get() > 0 }
                    UiThread().use { ui -> CALLS.mapValues { (_, call) -> ui.measure(updater, call) } }
                        .also { installing.cancelAndJoin() }
                }
                report(times, installs.get())
                assertEquals(asynchronousCalls(), CALLS.keys.toList().sorted())
                val slow = times.filterValues { median(it) > 5.0 }
                assertTrue(slow.isEmpty(), "slow: ${slow.mapValues { median(it.value) }}")
            }
        }
    }

    private fun kotlinx.coroutines.CoroutineScope.installAgainAndAgain(
        updater: Updater,
        from: DownloadFrom,
        installs: AtomicInteger,
    ): Job =
        launch(Dispatchers.IO) {
            while (isActive) {
                // A call of those that are measured may have been first: then it is busy.
                val bundle = runCatching { updater.download(from) }.getOrNull() ?: continue
                installs.incrementAndGet()
                runCatching { updater.delete(bundle.id) }
            }
        }

    private fun report(times: Map<String, List<Double>>, installs: Int) {
        println("    time on the caller's thread in ms, during $installs installs of 50 MB")
        println("    %-16s %8s %8s %6s".format("call", "median", "max", "calls"))
        for ((name, each) in times) {
            println("    %-16s %8.3f %8.3f %6d".format(name, median(each), each.max(), each.size))
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
            .sorted()
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
        "deviceId" to { it.deviceId() },
        "setCustomId" to { it.setCustomId("kitchen") },
        "flush" to { it.flush() },
        "state" to { it.state() },
    )

private fun median(times: List<Double>): Double = times.sorted()[times.size / 2]

/** One thread, which knows how long each piece of work has kept it. */
private class UiThread : CoroutineDispatcher(), AutoCloseable {
    private val executor = Executors.newSingleThreadExecutor()
    private val times = mutableListOf<Double>()

    override fun dispatch(context: CoroutineContext, block: Runnable) {
        executor.execute {
            val start = System.nanoTime()
            block.run()
            times += (System.nanoTime() - start) / 1e6
        }
    }

    /** Milliseconds of each piece: from the call until it suspends, and from each answer on. */
    suspend fun measure(updater: Updater, call: suspend (Updater) -> Unit): List<Double> {
        // The classes that it needs are loaded once.
        withContext(this) { runCatching { call(updater) } }
        withContext(this) { times.clear() }
        repeat(TIMES) { withContext(this) { runCatching { call(updater) } } }
        return withContext(this) { times.toList() }
    }

    override fun close() {
        executor.shutdown()
    }
}
