package io.github.liveupdater.tests

import io.github.liveupdater.core.BlockReason
import io.github.liveupdater.core.BundleStatus
import io.github.liveupdater.core.DownloadFrom
import io.github.liveupdater.core.LatestStatus
import io.github.liveupdater.core.SyncStatus
import io.github.liveupdater.core.UpdateEvent
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking

/** Checks, downloads, and what is done with bundles. */
class UpdateTest {
    @Test
    fun `a check tells what the server offers and fetches nothing`() {
        MockServer().use { server ->
            val zip = server.publish("1.1.0", metadata = """{"releaseNotes": "Faster", "mandatory": true}""")
            Device(server).use { device ->
                val (updater, _) = device.launch()
                val latest = runBlocking { updater.getLatest() }
                assertEquals(LatestStatus.UPDATE_AVAILABLE, latest.status)
                val release = checkNotNull(latest.release)
                assertEquals("1.1.0", release.version)
                assertEquals(zip.size.toLong(), release.size)
                assertEquals("Faster", release.releaseNotes)
                assertTrue(release.mandatory)
                assertContains(latest.json(), "\"status\":\"updateAvailable\"")
                assertTrue(server.requests().none { "/bundles/" in it })
            }
        }
    }

    @Test
    fun `a check may be for another channel`() {
        MockServer().use { server ->
            server.publish("1.1.0", metadata = """{"channel": "beta"}""")
            Device(server).use { device ->
                val (updater, _) = device.launch()
                runBlocking {
                    assertEquals(LatestStatus.UP_TO_DATE, updater.getLatest().status)
                    assertEquals(LatestStatus.UPDATE_AVAILABLE, updater.getLatest("beta").status)
                    assertEquals("beta", updater.setChannel("beta"))
                    assertEquals("beta", updater.channel())
                    assertEquals(LatestStatus.UPDATE_AVAILABLE, updater.getLatest().status)
                    assertEquals("production", updater.setChannel())
                    assertEquals("production", updater.channel())
                }
            }
        }
    }

    @Test
    fun `a download tells how far it is`() {
        MockServer("--rate", "2000000").use { server ->
            val zip = server.publish("1.1.0", largeZip(count = 4, size = 500_000))
            Device(server).use { device ->
                val recorder = Recorder()
                val (updater, _) = device.launch(recorder)
                val bundle = runBlocking {
                    updater.getLatest()
                    updater.download()
                }
                assertEquals(BundleStatus.PENDING, bundle.status)
                assertEquals(sha256(zip), bundle.checksum)
                assertEquals(bundle, runBlocking { updater.bundles() }.single())

                val steps = recorder.events().filterIsInstance<UpdateEvent.Download>()
                assertTrue(steps.size >= 3, "${steps.size} steps")
                assertEquals(steps.map { it.bytes }.sorted(), steps.map { it.bytes })
                assertTrue(steps.all { it.totalBytes == zip.size.toLong() })
                assertEquals(100, steps.last().percent)
                assertEquals("downloadComplete", recorder.names().last())
            }
        }
    }

    @Test
    fun `a download that was cancelled goes on where it was`() {
        MockServer("--rate", "1000000").use { server ->
            val zip = server.publish("1.1.0", largeZip(count = 4, size = 500_000))
            Device(server).use { device ->
                val recorder = Recorder()
                val (updater, _) = device.launch(recorder)
                val error = failure {
                    updater.getLatest()
                    kotlinx.coroutines.coroutineScope {
                        val download = async(kotlinx.coroutines.Dispatchers.Default) { updater.download() }
                        recorder.event { it is UpdateEvent.Download && it.bytes > 0 }
                        updater.cancel()
                        download.await()
                    }
                }
                assertEquals("cancelled", error.code)
                assertTrue(error.retryable)
                assertEquals(sha256(zip), runBlocking { updater.download() }.checksum)
                val resumed = server.requests().last { "/bundles/" in it }
                assertContains(resumed, "206")
            }
        }
    }

    @Test
    fun `a sync says how it ended`() {
        MockServer().use { server ->
            Device(server).use { device ->
                val recorder = Recorder()
                val (updater, _) = device.launch(recorder)
                runBlocking {
                    assertEquals(SyncStatus.UP_TO_DATE, updater.sync().status)
                    assertEquals(listOf("noNeedUpdate"), recorder.names())

                    server.publish("1.1.0")
                    val outcome = updater.sync()
                    assertEquals(SyncStatus.DOWNLOADED, outcome.status)
                    assertEquals(outcome.bundle, updater.next())
                    assertContains(recorder.names(), "setNext")

                    server.publish("1.2.0", metadata = """{"minAppVersion": "9.0"}""")
                    assertEquals(SyncStatus.NATIVE_UPDATE_REQUIRED, updater.sync().status)
                }
            }
        }
    }

    @Test
    fun `a sync says why a release is blocked`() {
        MockServer().use { server ->
            Device(server).use { device ->
                val (updater, _) = device.launch()
                runBlocking {
                    server.publish("1.1.0", metadata = """{"maxAppVersion": "0.9"}""")
                    assertEquals(BlockReason.NATIVE_VERSION, updater.sync().reason)

                    server.publish("1.2.0", "no zip".toByteArray())
                    failure { updater.sync() }
                    assertEquals(BlockReason.REFUSED, updater.sync().reason)

                    server.publish("1.3.0")
                    val bundle = checkNotNull(updater.sync().bundle)
                    updater.setBundleError(bundle.id)
                    assertEquals(BlockReason.FAILED, updater.sync().reason)
                    updater.clearBlocked("1.3.0")
                    assertEquals(SyncStatus.DOWNLOADED, updater.sync().status)
                }
            }
        }
    }

    @Test
    fun `an older release is blocked`() {
        MockServer().use { server ->
            server.publish("0.9.0")
            server.bundles.resolve("channels.json").toFile().writeText("""{"production": "0.9.0"}""")
            Device(server).use { device ->
                val outcome = runBlocking { device.launch().first.sync() }
                assertEquals(SyncStatus.BLOCKED, outcome.status)
                assertEquals(BlockReason.DOWNGRADE, outcome.reason)
            }
        }
    }

    @Test
    fun `a server that asks to wait is not asked again`() {
        MockServer("--fault", "check*1:status=429,retry-after=120").use { server ->
            Device(server).use { device ->
                val (updater, _) = device.launch()
                repeat(2) {
                    assertEquals(BlockReason.RATE_LIMITED, runBlocking { updater.sync() }.reason)
                }
                assertEquals(1, server.requests().size)
            }
        }
    }

    @Test
    fun `a second sync while one runs is told that it is busy`() {
        MockServer("--rate", "300000").use { server ->
            server.publish("1.1.0", largeZip(count = 1, size = 600_000))
            Device(server).use { device ->
                val recorder = Recorder()
                val (updater, _) = device.launch(recorder)
                runBlocking {
                    val first = async(kotlinx.coroutines.Dispatchers.Default) { updater.sync() }
                    recorder.event { it is UpdateEvent.Download }
                    assertEquals(SyncStatus.BUSY, updater.sync().status)
                    assertEquals(SyncStatus.DOWNLOADED, first.await().status)
                }
            }
        }
    }

    @Test
    fun `bundles are set and reset and deleted by their ids`() {
        MockServer().use { server ->
            val first = server.publish("1.1.0")
            val second = server.publish("1.2.0")
            Device(server).use { device ->
                val recorder = Recorder()
                val (updater, launch) = device.launch(recorder)
                runBlocking {
                    val old = updater.download(DownloadFrom(server.bundleUrl("1.1.0"), "1.1.0", sha256(first)))
                    val new = updater.download(
                        DownloadFrom(server.bundleUrl("1.2.0"), "1.2.0", sha256(second), size = second.size.toLong())
                    )
                    assertNotEquals(old.id, new.id)

                    assertEquals(old.id, updater.setNext(old.id).id)
                    val reloaded = updater.reload()
                    assertEquals(old.id, reloaded.bundle.id)
                    assertTrue(reloaded.trial)
                    updater.notifyAppReady(reloaded.launchToken)

                    val set = updater.set(new.id)
                    assertEquals(new.id, set.bundle.id)
                    assertNotEquals(reloaded.launchToken, set.launchToken)
                    assertEquals(old.id, updater.reset(toLastSuccessful = true).bundle.id)
                    val builtin = updater.reset()
                    assertTrue(builtin.bundle.isBuiltin)
                    assertNotEquals(launch.launchToken, builtin.launchToken)

                    assertEquals(emptyList(), updater.verify(new.id))
                    updater.delete(new.id)
                    assertEquals(listOf(old.id), updater.bundles().map { it.id })
                }
                for (name in listOf("downloadComplete", "setNext", "set", "appReady")) {
                    assertContains(recorder.names(), name)
                }
            }
        }
    }

    @Test
    fun `a damaged bundle is found`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            Device(server).use { device ->
                val (updater, launch) = device.trial()
                java.io.File(launch.path!!, "index.html").writeText("something else")
                assertEquals(listOf("index.html"), runBlocking { updater.verify(launch.bundle.id) })
            }
        }
    }

    @Test
    fun `the app learns versions and the device's names`() {
        MockServer().use { server ->
            Device(server, "version" to "1.0.5").use { device ->
                val (updater, _) = device.launch()
                runBlocking {
                    assertEquals("1.0.5", updater.builtinVersion())
                    assertEquals("1.0.0", updater.nativeVersion())
                    assertEquals("production", updater.channel())
                    assertTrue(updater.deviceId().isNotEmpty())
                    updater.setCustomId("kitchen")
                    assertContains(updater.state(), "kitchen")
                    assertFalse(updater.isAutoUpdateEnabled())
                    assertNull(updater.next())
                    assertNull(updater.failedUpdate())
                }
            }
        }
    }

    @Test
    fun `the server learns how a trial ended`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            Device(server).use { device ->
                val (updater, launch) = device.trial()
                runBlocking { updater.notifyAppReady(launch.launchToken) }
                runBlocking { updater.flush() }
                waitUntil("the report") { server.requests().any { "/updates/confirm" in it } }
                val flushed = runBlocking { updater.flush() }
                assertEquals(0, flushed.pending)
            }
        }
    }
}
