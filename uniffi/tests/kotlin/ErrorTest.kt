package io.github.liveupdater.tests

import io.github.liveupdater.core.DownloadFrom
import io.github.liveupdater.core.UpdateEvent
import io.github.liveupdater.core.Updater
import io.github.liveupdater.core.UpdaterException
import java.io.File
import java.net.ServerSocket
import kotlin.io.path.writeBytes
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope

/** Each code of docs/errors.md, provoked from outside, arrives as a typed exception. */
class ErrorTest {
    @Test
    fun `every documented code arrives in Kotlin`() {
        val documented = documentedCodes()
        assertEquals(documented.keys, PROVOCATIONS.keys, "docs/errors.md and this test")
        val wrong = mutableListOf<String>()
        for ((code, provoke) in PROVOCATIONS) {
            val error = runCatching { provoke() }.getOrElse { throw AssertionError("$code: $it", it) }
            if (error.code != code) wrong += "$code: got ${error.code} (${error.detail})"
            val retryable = documented.getValue(code)
            if (retryable in listOf("yes", "no") && error.retryable != (retryable == "yes")) {
                wrong += "$code: retryable is ${error.retryable}"
            }
            assertTrue(error.detail.isNotBlank(), code)
            assertEquals(if (code == "rate_limited") 120L else null, error.retryAfterSeconds, code)
        }
        assertEquals(emptyList(), wrong)
    }

    /** Codes, and what stands in the column "retryable". */
    private fun documentedCodes(): Map<String, String> {
        val page = File(environment("LIVE_UPDATER_PROJECT"), "docs/errors.md").readText()
        val (_, codes) = page.split("## Codes")
        return codes.lines()
            .mapNotNull { Regex("""\| `(\w+)` \| ([^|]+) \|.*""").matchEntire(it) }
            .associate { it.groupValues[1] to it.groupValues[2].trim() }
    }
}

private typealias Failed = UpdaterException.Failed

private val PROVOCATIONS: Map<String, () -> Failed> =
    mapOf(
        "config" to { Device(server = null).use { failure { it.launch().first.getLatest() } } },
        "invalid_request" to { Device(server = null).use { failure { it.open().reload() } } },
        "network" to { checkOf("http://127.0.0.1:${closedPort()}") },
        "timeout" to { checkFault("delay=60000", "requestTimeout" to 200) },
        "http_status" to { checkFault("status=403") },
        "rate_limited" to { downloadFault("status=429,retry-after=120") },
        "protocol" to { checkFault("captive-portal") },
        "not_found" to { downloadFault("status=404") },
        "insufficient_storage" to
            {
                val petabyte = 1_000_000_000_000_000L
                download(page("1.1.0"), "maxBundleBytes" to petabyte, size = petabyte)
            },
        "size_exceeded" to { download(page("1.1.0"), "maxBundleBytes" to 10) },
        "size_mismatch" to { download(page("1.1.0"), size = 1_000L) },
        "checksum_mismatch" to { downloadFault("corrupt=3") },
        "signature_missing" to { download(page("1.1.0"), SIGNED) },
        "signature_invalid" to { download(page("1.1.0"), SIGNED, signature = "A".repeat(86) + "==") },
        "untrusted_key" to { downloadStated(trusted = Signer("another")) },
        "app_mismatch" to { downloadStated("--app-id", "com.example.another") },
        "expired" to { downloadStated("--issued-at", "2026-01-01T00:00:00Z", "--expires-in", "1h") },
        "downgrade" to { download(page("0.9.0"), version = "0.9.0") },
        "native_version" to ::downloadForAnotherApp,
        "blocked" to ::setFailedBundle,
        "invalid_archive" to { download("no zip".toByteArray()) },
        "unsafe_path" to { download(zip("index.html" to ByteArray(1), "../evil" to ByteArray(1))) },
        "archive_limit" to { download(zip("index.html" to ByteArray(1), "b" to ByteArray(1)), "maxFiles" to 1) },
        "missing_index" to { download(zip("page.html" to ByteArray(1))) },
        "busy" to { whileDownloading { it.download() } },
        "stale_launch" to { launched { it.notifyAppReady("00") } },
        "unknown_bundle" to { launched { it.set("00") } },
        "protected_bundle" to { launched { it.delete("builtin") } },
        "storage" to ::withoutFolder,
        "cancelled" to ::cancelDownload,
    )

/** Trusts a key that signs nothing here. */
private val SIGNED =
    "trust" to
        Json(
            """{"mode": "bundle", "keys": [{"key": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----"}]}"""
        )

private fun closedPort() = ServerSocket(0).use { it.localPort }

private fun launched(call: suspend (Updater) -> Unit): Failed =
    Device(server = null).use { device -> device.launch().first.let { failure { call(it) } } }

private fun checkOf(url: String): Failed =
    Device(server = null, "updateUrl" to url).use { device ->
        val (updater, _) = device.launch()
        failure { updater.getLatest() }
    }

private fun checkFault(fault: String, vararg settings: Pair<String, Any>): Failed =
    MockServer("--fault", "check:$fault").use { server ->
        Device(server, *settings).use { device ->
            val (updater, _) = device.launch()
            failure { updater.getLatest() }
        }
    }

/** Downloads this zip, from a server that has it. */
private fun download(
    zip: ByteArray,
    vararg settings: Pair<String, Any>,
    version: String = "1.1.0",
    size: Long? = null,
    signature: String? = null,
    fault: String = "none",
): Failed =
    MockServer("--fault", "bundle:$fault").use { server ->
        server.publish(version, zip)
        Device(server, *settings).use { device ->
            val (updater, _) = device.launch()
            val from = DownloadFrom(server.bundleUrl(version), version, sha256(zip), signature, size)
            failure { updater.download(from) }
        }
    }

private fun downloadFault(fault: String) = download(page("1.1.0"), fault = fault)

/** Downloads what a release statement names that is signed with these options. */
private fun downloadStated(vararg options: String, trusted: Signer? = null): Failed {
    val signer = Signer("release")
    val (release, key) = signer.sign(page("1.1.0"), *options) to (trusted ?: signer).publicKey
    val trust = """{"mode": "statement", "keys": [{"key": "${key.replace("\n", "\\n")}"}]}"""
    return Device(server = null, "trust" to Json(trust)).use { device ->
        val (updater, _) = device.launch()
        failure { updater.download(DownloadFrom("https://updates.example.com/1.1.0.zip", release = release)) }
    }
}

/** Somebody with a pair of keys. */
private class Signer(name: String) {
    private val folder = scratchFolder(name)
    val publicKey: String

    init {
        liveUpdater("keygen", "--out", folder.toString())
        publicKey = File(folder.toFile(), "live-updater.public.pem").readText().trim()
    }

    /** A statement about this zip, for the app of the tests where the options say nothing else. */
    fun sign(zip: ByteArray, vararg options: String): String {
        val bundle = folder.resolve("1.1.0.zip").also { it.writeBytes(zip) }
        val app = if ("--app-id" in options) emptyArray() else arrayOf("--app-id", "com.example.app")
        return liveUpdater(
            "sign", "statement", bundle.toString(), "--version", "1.1.0", "--platform", "web",
            "--key", folder.resolve("live-updater.private.pem").toString(), "--out", "-", *app, *options,
        )
    }

    private fun liveUpdater(vararg arguments: String): String {
        val process =
            ProcessBuilder(environment("LIVE_UPDATER"), *arguments)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
        val output = process.inputStream.bufferedReader().readText()
        check(process.waitFor() == 0) { "live-updater ${arguments.first()} failed" }
        return output
    }
}

private fun downloadForAnotherApp(): Failed =
    MockServer().use { server ->
        server.publish("1.1.0", metadata = """{"minAppVersion": "9.0"}""")
        Device(server).use { device ->
            val (updater, _) = device.launch()
            failure {
                updater.getLatest()
                updater.download()
            }
        }
    }

private fun setFailedBundle(): Failed =
    MockServer().use { server ->
        server.publish("1.1.0")
        Device(server).use { device ->
            val (updater, _) = device.launch()
            failure {
                val bundle = checkNotNull(updater.sync().bundle)
                updater.setBundleError(bundle.id)
                updater.set(bundle.id)
            }
        }
    }

/** The root is a file, so that nothing can be written there. */
private fun withoutFolder(): Failed {
    val root = scratchFolder("device").also { it.toFile().delete() }
    root.toFile().writeText("")
    return Device(server = null, root = root).use { device ->
        val (updater, launch) = device.launch()
        assertEquals("storage", launch.problem?.code)
        failure { updater.reset() }
    }
}

private fun cancelDownload(): Failed = whileDownloading { updater ->
    updater.cancel()
    null
}

/** What `call` fails with while a download runs; or where it answers null, the download itself. */
private fun whileDownloading(call: suspend (Updater) -> Any?): Failed =
    MockServer("--rate", "300000").use { server ->
        server.publish("1.1.0", largeZip(count = 1, size = 900_000))
        Device(server).use { device ->
            val recorder = Recorder()
            val (updater, _) = device.launch(recorder)
            failure {
                updater.getLatest()
                coroutineScope {
                    val download = async(Dispatchers.Default) { updater.download() }
                    recorder.event { it is UpdateEvent.Download && it.bytes > 0 }
                    call(updater)
                    download.await()
                }
            }
        }
    }
