package io.github.liveupdater.rig

import com.getcapacitor.Plugin
import com.getcapacitor.PluginCall
import com.getcapacitor.PluginMethod
import com.getcapacitor.annotation.CapacitorPlugin
import java.util.concurrent.CountDownLatch

/** A plugin as there are some: it keeps the thread that all plugins share busy. */
@CapacitorPlugin(name = "Blocker")
class Blocker : Plugin() {
    @PluginMethod
    fun block(call: PluginCall) {
        gate.await()
        call.resolve()
    }

    internal companion object {
        private val gate = CountDownLatch(1)

        fun unblock() = gate.countDown()
    }
}
