package io.github.liveupdater.tests

import io.github.liveupdater.core.BundleStatus
import io.github.liveupdater.core.CrashReason
import io.github.liveupdater.core.FailureReason
import io.github.liveupdater.core.OpenOptions
import io.github.liveupdater.core.UpdateEvent
import io.github.liveupdater.core.Updater
import java.io.File
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking

/** From a launch to a bundle that is ready, or taken back. */
class LaunchTest {
    @Test
    fun `a new app launches its builtin files`() {
        Device(server = null).use { device ->
            val (_, launch) = device.launch()
            assertTrue(launch.bundle.isBuiltin)
            assertEquals("1.0.0", launch.bundle.version)
            assertNull(launch.path)
            assertNull(launch.problem)
            assertFalse(launch.trial)
        }
    }

    @Test
    fun `a second launch in the process is the same one`() {
        Device(server = null).use { device ->
            val (updater, first) = device.launch()
            val second = updater.launch(false)
            assertEquals(first.launchToken, second.launchToken)
        }
    }

    @Test
    fun `a bad configuration launches the builtin files and says so`() {
        val root = scratchFolder("device")
        for (config in listOf("not JSON", "{}", """{"updateUrl": 7}""")) {
            val options = OpenOptions(root.toString(), config, appId = "com.example.app")
            Updater.open(options, null).use { updater ->
                val launch = updater.launch(true)
                assertTrue(launch.bundle.isBuiltin)
                assertEquals("config", launch.problem?.code, config)
            }
        }
        root.toFile().deleteRecursively()
    }

    @Test
    fun `an update is tried by the next launch and stays once it is ready`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            Device(server).use { device ->
                val (updater, launch) = device.trial()
                assertTrue(launch.trial)
                assertEquals(BundleStatus.TRIAL, launch.bundle.status)
                assertEquals("<html>1.1.0</html>", File(launch.path!!, "index.html").readText())

                val ready = runBlocking { updater.notifyAppReady(launch.launchToken) }
                assertEquals(BundleStatus.SUCCESS, ready.status)
                device.stop()

                val (_, after) = device.launch()
                assertEquals(ready.id, after.bundle.id)
                assertFalse(after.trial)
                assertNotEquals(launch.launchToken, after.launchToken)
            }
        }
    }

    @Test
    fun `a page that was replaced cannot vouch for the next`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            Device(server).use { device ->
                val (updater, old) = device.launch()
                val new = runBlocking { updater.set(updater.sync().bundle!!.id) }
                assertNotEquals(old.launchToken, new.launchToken)

                val refusal = failure { updater.notifyAppReady(old.launchToken) }
                assertEquals("stale_launch", refusal.code)
                assertEquals(BundleStatus.TRIAL, runBlocking { updater.current() }.status)
                runBlocking { updater.notifyAppReady(new.launchToken) }
                assertEquals(BundleStatus.SUCCESS, runBlocking { updater.current() }.status)
            }
        }
    }

    @Test
    fun `a bundle that never is ready is taken back and the host told to load the builtin files`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            Device(server, "appReadyTimeout" to 700).use { device ->
                val recorder = Recorder()
                val (updater, trial) = device.trial(recorder)
                assertTrue(trial.trial)

                val reload = recorder.reload()
                assertTrue(reload.bundle.isBuiltin)
                assertNull(reload.path)
                assertNotEquals(trial.launchToken, reload.launchToken)
                val failed = recorder.event { it is UpdateEvent.UpdateFailed }
                assertIs<UpdateEvent.UpdateFailed>(failed)
                assertEquals(trial.bundle.id, failed.bundle.id)
                assertEquals(FailureReason.TIMEOUT, failed.reason)
                assertTrue(failed.outlivesPage())
                assertContains(failed.json(), "\"reason\":\"timeout\"")
                assertEquals(trial.bundle.id, runBlocking { updater.failedUpdate() }?.id)
            }
        }
    }

    @Test
    fun `time in the background is not held against a bundle`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            Device(server, "appReadyTimeout" to 700).use { device ->
                device.launch().first.let { runBlocking { it.sync() } }
                device.stop()
                val recorder = Recorder()
                val updater = device.open(recorder)
                val launch = updater.launch(false)
                // Twice what the foreground has.
                Thread.sleep(1500)
                assertTrue(runBlocking { updater.current() }.status == BundleStatus.TRIAL)
                updater.resume()
                runBlocking { updater.notifyAppReady(launch.launchToken) }
                updater.pause()
            }
        }
    }

    @Test
    fun `a bundle that is reported as bad is taken back at once`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            Device(server).use { device ->
                val recorder = Recorder()
                val (updater, launch) = device.trial(recorder)
                val rolledBack = runBlocking { updater.setBundleError(null) }
                assertEquals(launch.bundle.id, rolledBack?.id)
                assertTrue(recorder.reload().bundle.isBuiltin)
                assertEquals(BundleStatus.ERROR, runBlocking { updater.bundles() }.single().status)
            }
        }
    }

    @Test
    fun `crashes of a trial count at the next launch`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            Device(server, "maxTrialLaunches" to 1).use { device ->
                val (updater, launch) = device.trial()
                runBlocking { updater.reportCrash(CrashReason.RENDERER) }
                device.stop()
                val (_, after) = device.launch()
                assertTrue(after.bundle.isBuiltin)
                assertEquals(launch.bundle.id, after.rolledBack?.id)
            }
        }
    }

    @Test
    fun `the page script carries the token of its launch`() {
        Device(server = null).use { device ->
            val (_, launch) = device.launch()
            assertContains(launch.pageScript(), launch.launchToken)
        }
    }

    @Test
    fun `the page script carries a mark that stays while the same bundle runs`() {
        Device(server = null).use { device ->
            val (updater, launch) = device.launch()
            assertContains(launch.pageScript(), launch.pageMark)
            assertEquals(64, launch.pageMark.length)
            assertFalse(launch.pageMark in launch.json())
            val state = runBlocking { updater.state() }
            assertFalse("pageSecret" in state)
            device.stop()
            val (_, again) = device.launch()
            assertEquals(launch.pageMark, again.pageMark)
            assertNotEquals(launch.launchToken, again.launchToken)
        }
    }
}
