package io.github.liveupdater.tests

import com.sun.jna.Native
import io.github.liveupdater.core.Launch
import io.github.liveupdater.core.ListenerException
import io.github.liveupdater.core.SyncStatus
import io.github.liveupdater.core.UpdateEvent
import io.github.liveupdater.core.Updater
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking

/** What listeners are told, and what they can't break. */
class ListenerTest {
    @Test
    fun `a listener that throws breaks nothing`() {
        // JNA is told of what isn't an Exception, and prints it unless somebody listens.
        val uncaught = CopyOnWriteArrayList<Throwable>()
        Native.setCallbackExceptionHandler { _, throwable -> uncaught += throwable }
        val error = AssertionError("no Exception")
        for (thrown in listOf(ListenerException.Failed("typed"), IllegalStateException("not typed"), error)) {
            MockServer().use { server ->
                server.publish("1.1.0")
                Device(server).use { device ->
                    val listener = Throwing(thrown)
                    val (updater, _) = device.launch(listener)
                    assertEquals(SyncStatus.DOWNLOADED, runBlocking { updater.sync() }.status)
                    assertContains(listener.names(), "downloadComplete")
                }
            }
        }
        assertEquals(setOf<Throwable>(error), uncaught.toSet())
    }

    @Test
    fun `a listener that throws at a rollback still leaves the builtin files`() {
        MockServer().use { server ->
            server.publish("1.1.0")
            Device(server, "appReadyTimeout" to 500).use { device ->
                val listener = Throwing(IllegalStateException("no web view"))
                val (updater, _) = device.trial(listener)
                listener.reload()
                assertTrue(runBlocking { updater.current() }.isBuiltin)
            }
        }
    }

    @Test
    fun `a thousand events all arrive, in their order`() {
        Device(server = null).use { device ->
            val recorder = Recorder()
            val (updater, _) = device.launch(recorder)
            runBlocking { repeat(1000) { updater.reload() } }
            assertEquals(List(1000) { "appReloaded" }, recorder.names())
            assertContains(recorder.events().last().json(), "builtin")
        }
    }

    @Test
    fun `a listener may call the updater`() {
        Device(server = null).use { device ->
            lateinit var updater: Updater
            val listener =
                object : Recorder() {
                    override fun onEvent(event: UpdateEvent) {
                        if (runBlocking { updater.current() }.isBuiltin) super.onEvent(event)
                    }
                }
            updater = device.open(listener)
            updater.launch(true)
            runBlocking { updater.reload() }
            listener.event { it is UpdateEvent.AppReloaded }
        }
    }

    @Test
    fun `the same root opened twice is the same updater, which tells the newest listener`() {
        Device(server = null).use { device ->
            val (old, new) = listOf(Recorder(), Recorder())
            val first = device.open(old)
            val launch = first.launch(true)
            val second = device.open(new)
            assertEquals(launch.launchToken, second.launch(true).launchToken)

            runBlocking { first.reload() }
            assertEquals(emptyList(), old.names())
            assertEquals(listOf("appReloaded"), new.names())
        }
    }
}

/** Notes what it is told, and throws. */
private class Throwing(private val throwable: Throwable) : Recorder() {
    override fun onEvent(event: UpdateEvent) {
        super.onEvent(event)
        throw throwable
    }

    override fun onReload(launch: Launch) {
        super.onReload(launch)
        throw throwable
    }
}
