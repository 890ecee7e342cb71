package io.github.liveupdater.rig

import io.github.liveupdater.LiveUpdaterPlugin
import io.github.liveupdater.core.Launch
import io.github.liveupdater.core.NoHandle
import io.github.liveupdater.core.Updater
import kotlinx.coroutines.CompletableDeferred

/** The updater as one activity has it, on a phone that is slow: changes of what runs have to wait. */
internal class HeldUpdater private constructor(private val updater: Updater) : Updater(NoHandle) {
    override fun pause() = updater.pause()

    override fun launch(isActive: Boolean) = updater.launch(isActive)

    override suspend fun set(id: String): Launch {
        waitInLine()
        return updater.set(id)
    }

    override suspend fun reload(): Launch {
        waitInLine()
        return updater.reload()
    }

    private suspend fun waitInLine() {
        System.err.println("rig: a call waits")
        gate.await()
    }

    companion object {
        private val gate = CompletableDeferred<Unit>()

        /** From now on, changes that this activity asks for wait. */
        fun hold(plugin: LiveUpdaterPlugin) {
            val field = LiveUpdaterPlugin::class.java.getDeclaredField("updater")
            field.isAccessible = true
            field.set(plugin, HeldUpdater(field.get(plugin) as Updater))
        }

        fun release() = gate.complete(Unit)
    }
}
