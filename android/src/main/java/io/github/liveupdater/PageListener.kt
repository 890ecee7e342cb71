package io.github.liveupdater

import android.os.Build
import android.webkit.RenderProcessGoneDetail
import android.webkit.WebView
import com.getcapacitor.WebViewListener

/**
 * What happens to pages. It is no part of the plugin's class: Capacitor reflects on that, which
 * fails on Android 7 for a method with [RenderProcessGoneDetail].
 */
internal class PageListener(private val plugin: LiveUpdaterPlugin) : WebViewListener() {
    override fun onPageStarted(webView: WebView) = plugin.onPageStarted()

    /** A process that the system took for want of memory is no page's fault. */
    override fun onRenderProcessGone(webView: WebView, detail: RenderProcessGoneDetail): Boolean {
        val isAtLeastO = Build.VERSION.SDK_INT >= Build.VERSION_CODES.O
        if (isAtLeastO && detail.didCrash()) plugin.onRendererCrashed()
        return false
    }
}
