package io.github.liveupdater

import io.github.liveupdater.core.Launch
import io.github.liveupdater.core.UpdateEvent
import io.github.liveupdater.core.UpdateListener

/** Passes on what the core tells, as long as there is an activity. */
internal class EventRelay(@Volatile private var plugin: LiveUpdaterPlugin?) : UpdateListener {
    override fun onEvent(event: UpdateEvent) {
        plugin?.onEvent(event)
    }

    /** What is to be loaded is asked for when it is loaded. */
    override fun onReload(launch: Launch) {
        plugin?.show()
    }

    /** The activity is gone; the core, which outlives it, must not keep it. */
    fun detach() {
        plugin = null
    }
}
