package io.github.liveupdater.tests

import io.github.liveupdater.core.SyncStatus
import io.github.liveupdater.core.Updater
import io.github.liveupdater.core.UpdaterException
import java.io.File
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking

/** A page that calls without end neither takes the phone nor waits in vain. */
class LoadTest {
    @Test
    fun `10,000 calls at once are all answered, by few threads and in little memory`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            Device(server).use { device ->
                val (updater, _) = device.launch()
                // What is made once: classes, buffers, threads.
                callAtOnce(updater, count = 2_000)
                val before = resident()
                val load = Load()
                val start = System.nanoTime()
                val answers = load.use { callAtOnce(updater, count = 10_000) { load.count(it) } }
                val seconds = (System.nanoTime() - start) / 1e9
                val growth = resident() - before
                println(
                    "    %.1f s; at most %d calls at once, on %d threads of the library; %d MB more"
                        .format(seconds, load.mostCalls, load.mostThreads, growth shr 20)
                )
                assertEquals(10_000, answers)
                assertTrue(load.mostThreads <= MOST_THREADS, "${load.mostThreads} threads")
                assertTrue(growth < MOST_BYTES, "$growth bytes more")
            }
        }
    }

    /** Gives the number of right answers. */
    private fun callAtOnce(updater: Updater, count: Int, change: (Int) -> Unit = {}): Int = runBlocking {
        List(count) { number ->
            async(Dispatchers.Default) {
                change(1)
                CALLS[number % CALLS.size](updater).also { change(-1) }
            }
        }
            .awaitAll()
            .count { it }
    }
}

private const val MOST_THREADS = 16
private const val MOST_BYTES = 64L shl 20

/** Each tells whether the answer is one that there can be. */
private val CALLS: List<suspend (Updater) -> Boolean> =
    listOf(
        { it.current().isBuiltin },
        { updater -> updater.bundles().all { it.version == "1.1.0" } },
        { "\"running\":\"builtin\"" in it.state() },
        { it.sync().status in setOf(SyncStatus.BUSY, SyncStatus.DOWNLOADED) },
        { updater -> runCatching { updater.notifyAppReady("00") }.exceptionOrNull() is UpdaterException.Failed },
    )

/** What was the most at any moment. Closing it ends the watching. */
private class Load : AutoCloseable {
    private val calls = AtomicInteger()
    private val most = AtomicInteger()

    @Volatile
    private var isOver = false

    var mostThreads = 0
        private set

    val mostCalls
        get() = most.get()

    private val watcher = thread {
        while (!isOver) {
            mostThreads = maxOf(mostThreads, libraryThreads())
            Thread.sleep(1)
        }
    }

    fun count(change: Int) {
        val now = calls.addAndGet(change)
        most.accumulateAndGet(now, ::maxOf)
    }

    override fun close() {
        isOver = true
        watcher.join()
    }
}

private fun libraryThreads(): Int =
    File("/proc/self/task").listFiles().orEmpty().count { task ->
        // It may end in between.
        runCatching { File(task, "comm").readText().startsWith("live-updater") }.getOrDefault(false)
    }

/** Bytes of memory that this process holds. Java's heap is in it from the start, as a whole. */
private fun resident(): Long {
    // What objects of Java's keep outside of the heap goes with them.
    System.gc()
    val status = File("/proc/self/status").readLines()
    val line = checkNotNull(status.find { it.startsWith("VmRSS:") })
    return line.filter { it.isDigit() }.toLong() shl 10
}
