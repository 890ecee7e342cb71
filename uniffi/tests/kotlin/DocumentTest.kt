package io.github.liveupdater.tests

import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals

/** docs/kotlin.md shows what is compiled here, and it does what the page says. */
class DocumentTest {
    @Test
    fun `the page shows the program that is compiled`() {
        val project = environment("LIVE_UPDATER_PROJECT")
        val page = File(project, "docs/kotlin.md").readText()
        val shown = page.substringAfter("<!-- Main.kt -->\n```kotlin\n").substringBefore("```")
        assertEquals(File(project, "uniffi/tests/kotlin/Main.kt").readText(), shown)
    }

    @Test
    fun `the program updates itself at its second start`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            val root = scratchFolder("device")
            val main = Class.forName("MainKt").getMethod("main", Array<String>::class.java)
            val arguments = arrayOf(root.toString(), server.url)
            val first = printed { main.invoke(null, arguments) }
            assertContains(first, "load the builtin files (1.0.0)")
            assertContains(first, "sync: DOWNLOADED")
            val second = printed { main.invoke(null, arguments) }
            assertContains(second, "/www (1.1.0)")
            assertContains(second, "appReady {")
            assertContains(second, "sync: UP_TO_DATE")
            root.toFile().deleteRecursively()
        }
    }

    private fun printed(run: () -> Unit): String {
        val bytes = ByteArrayOutputStream()
        val console = System.out
        System.setOut(PrintStream(bytes, true))
        try {
            run()
        } finally {
            System.setOut(console)
        }
        return bytes.toString()
    }
}
