package io.github.liveupdater.rig

import android.app.ApplicationExitInfo
import android.os.Looper
import com.getcapacitor.BridgeActivity
import io.github.liveupdater.LiveUpdaterPlugin
import java.io.File
import java.util.concurrent.CompletableFuture
import org.json.JSONArray
import org.json.JSONObject

/**
 * An app process on a phone, whose web view is a page of a browser that another program drives.
 *
 * Orders come on stdin, what the web view asks for goes to stdout, a line of JSON each; the log
 * goes to stderr. The end of stdin is the process's end, without any farewell, as a kill is.
 */
fun main(arguments: Array<String>) {
    val orders = System.`in`.bufferedReader().lineSequence()
    val wire = Wire(System.out)
    setUp(JSONObject(arguments.single()), wire)
    val phone = Phone(wire)
    wire.send("listening", JSONObject().put("port", phone.port))
    for (line in orders) phone.carryOut(JSONObject(line))
    Runtime.getRuntime().halt(0)
}

/** Before any class of Android is touched, since some read it once. */
private fun setUp(facts: JSONObject, wire: Wire) {
    Device.root = File(facts.getString("root"))
    Device.sdk = facts.getInt("sdk")
    Device.versionCode = facts.getLong("versionCode")
    Device.webViewFeatures = facts.getJSONArray("webViewFeatures").strings().toSet()
    if (facts.has("pid")) Device.pid = facts.getInt("pid")
    Device.exits = facts.getJSONArray("exits").objects()
        .map { ApplicationExitInfo(it.getInt("pid"), it.getInt("reason"), it.getLong("timestamp")) }
    Device.browser = wire
}

/** The system's side of the app: it makes activities and tells them of their lives. */
private class Phone(private val wire: Wire) {
    private var activity = Activity()
    private val files = FileServer { activity.webView }

    val port: Int get() = files.port

    fun carryOut(order: JSONObject) {
        onMainThread {
            when (val name = order.getString("do")) {
                "create" -> activity.create()
                "start" -> activity.onStart()
                "resume" -> activity.onResume()
                "pause" -> activity.onPause()
                "stop" -> activity.onStop()
                "destroy" -> activity.destroy().also { activity = Activity() }
                "unblock" -> Blocker.unblock()
                "hold" -> HeldUpdater.hold(activity.plugin())
                "release" -> HeldUpdater.release()
                else -> wire.carryOut(name, order)
            }
        }
        wire.send("done", JSONObject().put("id", order.getInt("id")))
    }

    /** As Android does: one thing after the other, and what is thrown ends the app. */
    private fun onMainThread(work: () -> Unit) {
        val done = CompletableFuture<Unit>()
        Looper.getMainLooper().post {
            work()
            done.complete(Unit)
        }
        done.join()
    }
}

/** The template's main activity, as `cap add android` makes it. */
private class Activity : BridgeActivity() {
    fun create() = onCreate(null)

    fun destroy() {
        onDestroy()
        onDetachedFromWindow()
    }

    fun plugin() = bridge.getPlugin("LiveUpdater").instance as LiveUpdaterPlugin
}

internal fun JSONArray.strings() = List(length()) { getString(it) }

internal fun JSONArray.objects() = List(length()) { getJSONObject(it) }
