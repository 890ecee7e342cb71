package io.github.liveupdater.rig

import android.net.Uri
import android.webkit.WebResourceRequest
import android.webkit.WebView
import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress
import java.util.concurrent.Executors

/** Answers the browser with what Capacitor's own server gives a web view. */
internal class FileServer(private val webView: () -> WebView?) {
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)

    val port: Int get() = server.address.port

    init {
        server.createContext("/", ::answer)
        server.executor = Executors.newCachedThreadPool { Thread(it, "files").apply { isDaemon = true } }
        server.start()
    }

    private fun answer(exchange: HttpExchange) = exchange.use {
        val view = webView()
        val response = view?.client?.shouldInterceptRequest(view, Request(exchange))
        if (response == null) {
            exchange.sendResponseHeaders(404, -1)
            return@use
        }
        response.responseHeaders.forEach(exchange.responseHeaders::set)
        response.mimeType?.let { exchange.responseHeaders.set("Content-Type", it) }
        val body = response.data?.readAllBytes() ?: ByteArray(0)
        exchange.sendResponseHeaders(response.statusCode, if (body.isEmpty()) -1 else body.size.toLong())
        if (body.isNotEmpty()) exchange.responseBody.write(body)
    }

    private class Request(private val exchange: HttpExchange) : WebResourceRequest {
        override fun getUrl(): Uri = Uri.parse("http://${exchange.requestHeaders.getFirst("Host")}${exchange.requestURI}")

        override fun isForMainFrame() = exchange.requestHeaders.getFirst("Sec-Fetch-Dest") == "document"

        override fun getMethod(): String = exchange.requestMethod

        override fun getRequestHeaders(): Map<String, String> =
            exchange.requestHeaders.entries.associate { (name, values) -> name to values.joinToString(", ") }
    }
}
