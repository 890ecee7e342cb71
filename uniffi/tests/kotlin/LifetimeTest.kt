package io.github.liveupdater.tests

import io.github.liveupdater.core.UpdateEvent
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking

/** What opens must close, whoever was in the middle of something. */
class LifetimeTest {
    @Test
    fun `200 updaters opened and closed leave no thread and no file open`() {
        fun openAndClose() =
            Device(server = null).use { device ->
                val (updater, launch) = device.launch(Recorder())
                runBlocking { updater.notifyAppReady(launch.launchToken) }
            }
        // What is made once in a process.
        repeat(5) { openAndClose() }
        waitUntil("the first threads to end") { threads("live-updater").isEmpty() }
        val threadsBefore = count("task")
        val filesBefore = count("fd")
        repeat(200) { openAndClose() }
        waitUntil("the threads to end") { threads("live-updater").isEmpty() }
        println("    threads: $threadsBefore, then ${count("task")}; files: $filesBefore, then ${count("fd")}")
        // The JVM may start a collector or compiler thread of its own meanwhile.
        assertTrue(count("task") <= threadsBefore + 8, "${count("task")} threads: ${threads("")}")
        assertTrue(count("fd") <= filesBefore + 8, "${count("fd")} files")
    }

    @Test
    fun `a closed updater answers with an exception`() {
        Device(server = null).use { device ->
            val (updater, _) = device.launch()
            updater.close()
            updater.close()
            assertFailsWith<IllegalStateException> { updater.launch(true) }
            assertFailsWith<IllegalStateException> { updater.pause() }
            assertFailsWith<IllegalStateException> { runBlocking { updater.current() } }
        }
    }

    @Test
    fun `text that cannot cross the border is an exception`() {
        Device(server = null).use { device ->
            val (updater, _) = device.launch()
            // Half a character.
            assertFailsWith<Exception> { runBlocking { updater.setNext("\ud800") } }
            assertTrue(runBlocking { updater.current() }.isBuiltin)
        }
    }

    @Test
    fun `a coroutine that is cancelled leaves the updater of use`() {
        MockServer("--rate", "500000").use { server ->
            val zip = server.publish("1.1.0", largeZip(count = 1, size = 1_000_000))
            Device(server).use { device ->
                val recorder = Recorder()
                val (updater, _) = device.launch(recorder)
                runBlocking {
                    updater.getLatest()
                    val download = async(Dispatchers.Default) { updater.download() }
                    recorder.event { it is UpdateEvent.Download && it.bytes > 0 }
                    download.cancel()
                    assertFailsWith<CancellationException> { download.await() }
                    // The download goes on without its caller, until somebody ends it.
                    updater.cancel()
                }
                recorder.event { it is UpdateEvent.DownloadFailed }
                assertEquals(sha256(zip), runBlocking { updater.download() }.checksum)
            }
        }
    }

    @Test
    fun `an updater closed in the middle of a download does no harm`() {
        MockServer("--rate", "500000").use { server ->
            server.publish("1.1.0", largeZip(count = 1, size = 1_000_000))
            Device(server).use { device ->
                val recorder = Recorder()
                val (updater, _) = device.launch(recorder)
                runBlocking {
                    val sync = async(Dispatchers.Default) { runCatching { updater.sync() } }
                    recorder.event { it is UpdateEvent.Download && it.bytes > 0 }
                    device.stop()
                    val (next, launch) = device.launch()
                    assertTrue(launch.bundle.isBuiltin)
                    assertTrue(next.current().isBuiltin)
                    sync.await()
                }
            }
        }
    }

    /** Entries of a folder of `/proc/self`. */
    private fun count(folder: String) = File("/proc/self/$folder").list().orEmpty().size

    /** Names of threads that begin so. */
    private fun threads(prefix: String): List<String> =
        File("/proc/self/task").listFiles().orEmpty().mapNotNull { thread ->
            // It may end in between.
            runCatching { File(thread, "comm").readText().trim() }.getOrNull()?.takeIf { it.startsWith(prefix) }
        }
}
