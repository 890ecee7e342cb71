package io.github.liveupdater.rig

import android.net.Uri
import android.os.Looper
import android.webkit.RenderProcessGoneDetail
import android.webkit.WebView
import androidx.webkit.JavaScriptReplyProxy
import androidx.webkit.ScriptHandler
import androidx.webkit.WebMessageCompat
import androidx.webkit.WebViewCompat
import java.io.File
import java.io.PrintStream
import java.util.Properties
import java.util.concurrent.atomic.AtomicInteger
import org.json.JSONArray
import org.json.JSONObject

/** Web views on one side, and the program that drives the browser on the other. */
internal class Wire(private val out: PrintStream) : Device.Browser {
    private val count = AtomicInteger()
    private val views = mutableMapOf<Int, View>()

    override fun open(view: WebView): Screen = View(count.incrementAndGet(), view).also {
        views[it.number] = it
        it.send("open")
    }

    /** What happened to a page. */
    fun carryOut(name: String, order: JSONObject) {
        // A page that was closed has nothing to say any more.
        val view = views[order.getInt("view")] ?: return
        when (name) {
            "pageStarted" -> view.web.client.onPageStarted(view.web, order.getString("url"), null)
            "queuePageStart" -> view.queuedStart = order.getString("url")
            "pageFinished" -> view.web.client.onPageFinished(view.web, order.getString("url"))
            "message" -> view.receive(order)
            "rendererGone" -> view.rendererGone(order.getBoolean("didCrash"))
            else -> error("unknown order: $name")
        }
    }

    /** What the disk has by now, whatever the memory has. */
    private fun storedPath(): String? {
        val file = File(Device.folder("shared_prefs"), "CapWebViewSettings")
        if (!file.exists()) return null
        return Properties().apply { file.reader().use(::load) }.getProperty("serverBasePath")
    }

    @Synchronized
    fun send(name: String, data: JSONObject) {
        out.println(data.put("do", name))
        out.flush()
    }

    private inner class View(val number: Int, val web: WebView) : Screen {
        private val listeners = mutableMapOf<String, WebViewCompat.WebMessageListener>()
        private var bridge: Any? = null

        /** A page has started, and the app hasn't been told by the time it loads another one. */
        var queuedStart: String? = null

        fun send(name: String, data: JSONObject = JSONObject()) =
            this@Wire.send(name, data.put("view", number))

        override fun load(url: String) =
            send("load", JSONObject().put("url", url).put("stored", storedPath()))

        override fun stop() {
            queuedStart?.let { url ->
                Looper.getMainLooper().post { web.client.onPageStarted(web, url, null) }
            }
            queuedStart = null
            send("stop")
        }

        override fun evaluate(script: String) = send("evaluate", JSONObject().put("script", script))

        override fun addScript(script: String, origins: Set<String>): ScriptHandler {
            val id = count.incrementAndGet()
            val data = JSONObject().put("id", id).put("script", script)
            send("addScript", data.put("origins", JSONArray(origins)))
            return ScriptHandler {
                Device.mustBeMainThread("ScriptHandler.remove")
                send("removeScript", JSONObject().put("id", id))
            }
        }

        override fun addListener(name: String, listener: WebViewCompat.WebMessageListener) {
            listeners[name] = listener
            send("addListener", JSONObject().put("name", name))
        }

        override fun addInterface(target: Any, name: String) {
            bridge = target
        }

        override fun close() {
            views.remove(number)
            send("close")
        }

        /** By the way that Capacitor has chosen. */
        fun receive(order: JSONObject) {
            val data = order.getString("data")
            when (val listener = listeners[order.getString("name")]) {
                null -> bridge?.run {
                    javaClass.getMethod("postMessage", String::class.java).invoke(this, data)
                }
                else -> listener.onPostMessage(
                    web,
                    WebMessageCompat(data),
                    Uri.parse(order.getString("origin")),
                    order.getBoolean("isMainFrame"),
                    Reply(order.getInt("document")),
                )
            }
        }

        /** An app that doesn't take care of it is ended by the system. */
        fun rendererGone(didCrash: Boolean) {
            check(Looper.getMainLooper().isCurrentThread)
            val detail = RenderProcessGoneDetail(didCrash)
            if (!web.client.onRenderProcessGone(web, detail)) Runtime.getRuntime().halt(9)
        }

        /** To the one document that the message came from. */
        private inner class Reply(private val document: Int) : JavaScriptReplyProxy() {
            override fun postMessage(message: String) =
                send("reply", JSONObject().put("document", document).put("data", message))
        }
    }
}
