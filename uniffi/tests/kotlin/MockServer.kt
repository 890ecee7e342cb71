package io.github.liveupdater.tests

import java.io.File
import java.nio.file.Path
import java.security.MessageDigest
import java.util.concurrent.TimeUnit
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import kotlin.concurrent.thread
import kotlin.io.path.createTempDirectory
import kotlin.io.path.outputStream
import kotlin.io.path.readBytes
import kotlin.io.path.writeBytes
import kotlin.io.path.writeText

/** `live-updater mock` on a folder of its own. Closing it ends its process. */
class MockServer(vararg options: String) : AutoCloseable {
    val bundles: Path = scratchFolder("bundles")
    private val requests = mutableListOf<String>()
    private val process: Process =
        ProcessBuilder(environment("LIVE_UPDATER"), "mock", bundles.toString(), *options).start()
    private val output = process.inputStream.bufferedReader()

    /** What a configuration names as `updateUrl`. */
    val url: String = checkNotNull(output.readLine()) { "the mock server did not start" }

    init {
        // A pipe that nobody reads would stop the server.
        thread(isDaemon = true) {
            process.errorStream.bufferedReader().forEachLine { line ->
                synchronized(requests) { requests += line }
            }
        }
    }

    /** Puts a bundle on offer; gives its zip. `metadata` is what else the answer says, as JSON. */
    fun publish(version: String, zip: ByteArray = page(version), metadata: String? = null): ByteArray {
        metadata?.let { bundles.resolve("$version.json").writeText(it) }
        // Complete at once: a check may come at any time.
        val hidden = bundles.resolve(".$version")
        hidden.writeBytes(zip)
        hidden.toFile().renameTo(bundles.resolve("$version.zip").toFile())
        return zip
    }

    fun bundleUrl(version: String) = "$url/api/v1/bundles/$version"

    /** What was asked for so far, a line each: status, method, path, range, bytes. */
    fun requests(): List<String> = synchronized(requests) { requests.filter { "/api/" in it } }

    override fun close() {
        process.destroy()
        check(process.waitFor(10, TimeUnit.SECONDS)) { "the mock server goes on" }
        bundles.toFile().deleteRecursively()
    }
}

/** The smallest web app. */
fun page(version: String) = zip("index.html" to "<html>$version</html>".toByteArray())

fun zip(vararg files: Pair<String, ByteArray>): ByteArray {
    val bytes = java.io.ByteArrayOutputStream()
    ZipOutputStream(bytes).use { zip ->
        for ((name, content) in files) {
            zip.putNextEntry(ZipEntry(name))
            zip.write(content)
            zip.closeEntry()
        }
    }
    return bytes.toByteArray()
}

/** A page and `count` files of `size` bytes each that can't be compressed. */
fun largeZip(count: Int, size: Int): ByteArray {
    val random = java.util.Random(7)
    val files = List(count) { "assets/$it.bin" to ByteArray(size).also(random::nextBytes) }
    return zip("index.html" to "<html></html>".toByteArray(), *files.toTypedArray())
}

fun sha256(bytes: ByteArray): String =
    MessageDigest.getInstance("SHA-256").digest(bytes).joinToString("") { "%02x".format(it) }

/** A new folder below the target folder. */
fun scratchFolder(name: String): Path {
    val scratch = File(environment("LIVE_UPDATER_SCRATCH"))
    scratch.mkdirs()
    return createTempDirectory(scratch.toPath(), "$name-")
}

fun environment(name: String): String = checkNotNull(System.getenv(name)) { "$name is not set" }
