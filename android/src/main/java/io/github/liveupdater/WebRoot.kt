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

    /** Without it, readiness is that of the page that began to run last. */
    private fun replaceScript(launch: Launch) {
        script?.remove()
        script = null
        if (!WebViewFeature.isFeatureSupported(WebViewFeature.DOCUMENT_START_SCRIPT)) return
        try {
            script = WebViewCompat.addDocumentStartJavaScript(
                bridge.webView,
                launch.pageScript(),
                setOf(bridge.localUrl),
            )
        } catch (problem: Throwable) {
            // A scheme of the app's own, which such scripts don't know.
            Logger.warn(LiveUpdaterPlugin.TAG, "no script at the start of pages: $problem")
        }
    }

    companion object {
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
