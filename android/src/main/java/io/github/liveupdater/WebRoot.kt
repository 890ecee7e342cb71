package io.github.liveupdater

import android.content.Context
import androidx.webkit.ScriptHandler
import androidx.webkit.WebViewCompat
import androidx.webkit.WebViewFeature
import com.getcapacitor.Bridge
import com.getcapacitor.Logger
import com.getcapacitor.plugin.WebView
import io.github.liveupdater.core.Launch

/** Which files the web view runs on, and the script that tells a page whose it is. */
internal class WebRoot(private val bridge: Bridge) {
    private var script: ScriptHandler? = null

    /** Whether the page's own script knows whose page it is; elsewhere, the order of loads has to do. */
    val hasScript get() = script != null

    /** Passes on the token of each page that has started, as soon as the page itself may know it. */
    fun onAnnouncement(hear: (String) -> Unit) {
        if (!WebViewFeature.isFeatureSupported(WebViewFeature.WEB_MESSAGE_LISTENER)) return
        orWarn("pages can't announce themselves") {
            WebViewCompat.addWebMessageListener(
                bridge.webView,
                CHANNEL,
                setOf(bridge.localUrl),
            ) { _, message, _, isMainFrame, _ -> if (isMainFrame) message.data?.let(hear) }
        }
    }

    /** Chooses what the bridge loads first. It has loaded nothing yet, and reads the preference. */
    fun choose(launch: Launch) {
        replaceScript(launch)
        store(bridge.context, launch.path)
    }

    /** Replaces the page; on the main thread only. */
    fun load(launch: Launch) {
        // A page that is only about to begin is of the files before, and must not get the token.
        bridge.webView.stopLoading()
        choose(launch)
        when (val path = launch.path) {
            null -> bridge.setServerAssetPath(Bridge.DEFAULT_WEB_ASSET_DIR)
            else -> bridge.setServerBasePath(path)
        }
    }

    private fun replaceScript(launch: Launch) {
        script?.remove()
        script = null
        if (!WebViewFeature.isFeatureSupported(WebViewFeature.DOCUMENT_START_SCRIPT)) return
        orWarn("no script at the start of pages") {
            val source = launch.pageScript() + ANNOUNCEMENT
            val origins = setOf(bridge.localUrl)
            script = WebViewCompat.addDocumentStartJavaScript(bridge.webView, source, origins)
        }
    }

    /** It fails for a scheme of the app's own, which is none that the web view knows. */
    private inline fun orWarn(what: String, work: () -> Unit) = try {
        work()
    } catch (problem: Throwable) {
        Logger.warn(LiveUpdaterPlugin.TAG, "$what: $problem")
    }

    companion object {
        /** The object in the page that its script speaks to. */
        private const val CHANNEL = "__liveUpdaterChannel"

        private const val ANNOUNCEMENT = """
            (function (launch, channel) {
              if (window !== window.top || !launch || !channel) return;
              launch.token.then(function (token) { channel.postMessage(token); });
            })(window.__liveUpdaterLaunch, window.$CHANNEL);
        """

        /** The next start of the bridge loads the builtin files. It must not fail. */
        fun forget(context: Context) = try {
            store(context, null)
        } catch (problem: Throwable) {
            Logger.error(LiveUpdaterPlugin.TAG, "can't clear the stored path: $problem", problem)
        }

        /** On the disk before anything is loaded: this process may die at any moment. */
        private fun store(context: Context, path: String?) {
            context.getSharedPreferences(WebView.WEBVIEW_PREFS_NAME, Context.MODE_PRIVATE)
                .edit()
                .putString(WebView.CAP_SERVER_PATH, path)
                .commit()
        }
    }
}
