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
    private val address = InetSocketAddress(InetAddress.getLoopbackAddress(), 0)
    private val server = HttpServer.create(address, 0)

    val port: Int get() = server.address.port

    init {
        server.createContext("/", ::answer)
        server.executor = Executors.newCachedThreadPool { work ->
            Thread(work, "files").apply { isDaemon = true }
        }
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
        // To this server, no body is a length of -1; 0 would be one of any length.
        val length = if (body.isEmpty()) -1L else body.size.toLong()
        exchange.sendResponseHeaders(response.statusCode, length)
        if (body.isNotEmpty()) exchange.responseBody.write(body)
    }

    private class Request(private val exchange: HttpExchange) : WebResourceRequest {
        private val headers = exchange.requestHeaders

        override fun getUrl(): Uri =
            Uri.parse("http://${headers.getFirst("Host")}${exchange.requestURI}")

        override fun isForMainFrame() = headers.getFirst("Sec-Fetch-Dest") == "document"

        override fun getMethod(): String = exchange.requestMethod

        override fun getRequestHeaders(): Map<String, String> =
            headers.entries.associate { (name, values) -> name to values.joinToString(", ") }
    }
}
