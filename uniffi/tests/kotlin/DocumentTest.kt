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
        assertEquals(File(project, "uniffi/tests/kotlin/Main.kt").readText(), shown("Main.kt"))
    }

    @Test
    fun `the page shows every call as it is`() {
        val calls =
            bindings
                .substringAfter("public interface UpdaterInterface {")
                .substringBefore("companion object")
                .lines()
                .map { it.trim() }
                .filter { it.startsWith("fun ") || it.startsWith("suspend fun ") }
        val shown = shown("calls").lines().filter { it.isNotBlank() }
        assertEquals(calls.sorted(), shown.sorted())
    }

    @Test
    fun `the page shows what calls answer and take as it is`() {
        for (line in shown("records").lines().filter { it.isNotBlank() }) {
            assertEquals(if ("{" in line) enumeration(line) else record(line), line)
        }
    }

    @Test
    fun `the page shows every event as it is`() {
        val cases = bindings.substringAfter("sealed class UpdateEvent {")
        val names = Regex("^    data class (\\w+)\\(", RegexOption.MULTILINE).findAll(cases.substringBefore("\n}\n"))
        val events = names.map { record(it.groupValues[1] + "(") }
        assertEquals(events.toList(), shown("events").lines().filter { it.isNotBlank() })
    }

    @Test
    fun `the page shows the exception as it is`() {
        val fields = fields(bindings.substringAfter("sealed class UpdaterException").substringBefore(") : UpdaterException"))
        assertEquals("UpdaterException.Failed($fields)\n", shown("error"))
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

    private fun record(line: String): String {
        val name = line.substringBefore("(")
        val declared = bindings.split(Regex("data class $name ?\\("), limit = 2).last()
        return "$name(${fields(declared.split(Regex("\\n\\)|\\) : "), limit = 2).first())})"
    }

    private fun fields(declared: String): String =
        declared
            .lines()
            .map { it.trim().removeSuffix(",").trim() }
            .filter { it.startsWith("val ") }
            .joinToString { it.removePrefix("val ") }

    private fun enumeration(line: String): String {
        val name = line.substringBefore(" {")
        val cases =
            Regex("^ +([A-Z_]+)[,;]$", RegexOption.MULTILINE)
                .findAll(bindings.substringAfter("enum class $name {").substringBefore("companion"))
        return "$name { ${cases.joinToString { it.groupValues[1] }} }"
    }

    private fun shown(mark: String): String =
        File(project, "docs/kotlin.md")
            .readText()
            .substringAfter("<!-- $mark -->\n```kotlin\n")
            .substringBefore("```")

    private companion object {
        val project = environment("LIVE_UPDATER_PROJECT")

        /** As people would write it: without back quotes and the names of packages. */
        val bindings =
            File(project, "bindings/kotlin/io/github/liveupdater/core/live_updater.kt")
                .readText()
                .replace(Regex("`|kotlin\\.|io\\.github\\.liveupdater\\.core\\."), "")
    }
}
