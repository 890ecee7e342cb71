package io.github.liveupdater

import io.github.liveupdater.core.Launch
import io.github.liveupdater.core.UpdateEvent
import io.github.liveupdater.core.UpdateListener

/** Passes on what the core tells to the activity that came last, as long as it is there. */
internal object EventRelay : UpdateListener {
    @Volatile
    private var plugin: LiveUpdaterPlugin? = null

    fun attach(plugin: LiveUpdaterPlugin) {
        this.plugin = plugin
    }

    /** The activity is gone; the core, which outlives it, must not keep it. */
    fun detach(plugin: LiveUpdaterPlugin) {
        if (this.plugin === plugin) this.plugin = null
    }

    override fun onEvent(event: UpdateEvent) {
        plugin?.onEvent(event)
    }

    /** What is to be loaded is asked for when it is loaded. */
    override fun onReload(launch: Launch) = show()

    /** Loads what runs now, in whatever activity there is. */
    fun show() {
        plugin?.show()
    }
}
