package io.github.liveupdater.tests

import io.github.liveupdater.core.DownloadFrom
import io.github.liveupdater.core.LogLevel
import io.github.liveupdater.core.LogSink
import io.github.liveupdater.core.installLogSink
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking

/** What the host's log is told. */
class LogTest {
    @Test
    fun `a log sink receives lines of the wanted levels`() {
        val log = Log()
        installLogSink(log, LogLevel.DEBUG)
        downloadWithCut()
        assertTrue(log.lines.any { it.level == LogLevel.DEBUG && "the download goes on" in it.message })
        assertTrue(log.lines.all { it.target.startsWith("live_updater") })
        assertTrue(log.lines.none { it.level == LogLevel.TRACE })

        log.lines.clear()
        installLogSink(log, LogLevel.ERROR)
        downloadWithCut()
        assertEquals(emptyList(), log.lines.toList())
        Device(server = null, "appReadyTimeout" to -1).use { it.launch() }
        assertEquals(listOf(LogLevel.ERROR), log.lines.map { it.level })
    }

    private fun downloadWithCut() {
        MockServer("--fault", "bundle*1:cut=10").use { server ->
            server.publish("1.1.0")
            Device(server).use { device -> runBlocking { device.launch().first.sync() } }
        }
    }

    @Test
    fun `a log sink that throws breaks nothing`() {
        installLogSink(
            object : LogSink {
                override fun log(level: LogLevel, target: String, message: String) = throw IllegalStateException()
            },
            LogLevel.TRACE,
        )
        Device(server = null).use { device ->
            val (updater, _) = device.launch()
            assertTrue(runBlocking { updater.reload() }.bundle.isBuiltin)
        }
    }

    @Test
    fun `a token is in no log and in no error`() {
        val secret = "s3cr3t-t0k3n"
        val log = Log()
        installLogSink(log, LogLevel.TRACE)
        val said = mutableListOf<String>()
        // The one server accepts the token; the other refuses it.
        for (accepted in listOf(secret, "another")) {
            MockServer("--token", accepted, "--fault", "bundle:status=403").use { server ->
                val zip = server.publish("1.1.0")
                val settings = arrayOf("token" to secret, "headers" to Json("""{"x-key": "$secret"}"""))
                Device(server, *settings).use { device ->
                    val (updater, _) = device.launch()
                    said += failure { updater.sync() }.let { "$it ${it.detail}" }
                    // In a query it is as secret.
                    val from = DownloadFrom("${server.bundleUrl("1.1.0")}?key=$secret", "1.1.0", sha256(zip))
                    said += failure { updater.download(from) }.let { "$it ${it.detail}" }
                    said += runBlocking { updater.state() }
                }
            }
        }
        assertContains(said.joinToString(), "403")
        assertTrue(log.lines.isNotEmpty())
        said += log.lines.map { it.message }
        for (text in said) assertFalse(secret in text, text)
    }
}

private data class Line(val level: LogLevel, val target: String, val message: String)

private class Log : LogSink {
    val lines = CopyOnWriteArrayList<Line>()

    override fun log(level: LogLevel, target: String, message: String) {
        lines += Line(level, target, message)
    }
}
