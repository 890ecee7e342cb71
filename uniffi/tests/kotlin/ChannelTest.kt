package io.github.liveupdater.tests

import com.sun.net.httpserver.HttpServer
import io.github.liveupdater.core.Channel
import java.net.InetAddress
import java.net.InetSocketAddress
import java.util.Collections
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlinx.coroutines.runBlocking

/** A server that decides which channel a device is on. */
class ChannelTest {
    @Test
    fun `the server tells the channels and agrees to the choice of one`() {
        val answers =
            mapOf(
                "GET" to """[{"id": 7, "name": "beta", "public": false, "allow_self_set": true}]""",
                "PUT" to """{"channel": "production", "status": "default"}""",
                "POST" to """{"status": "ok"}""",
            )
        ChannelServer(answers).use { server ->
            server.device().use { device ->
                val (updater, _) = device.launch()
                runBlocking {
                    val beta = updater.channels().single()
                    assertEquals(Channel("7", "beta", public = false, allowSelfSet = true), beta)
                    assertContains(beta.json(), "\"allowSelfSet\":true")
                    assertEquals("production", updater.channel())
                    assertEquals("beta", updater.setChannel(beta.name))
                    assertEquals("", updater.setChannel())
                }
                assertEquals(listOf("GET", "PUT", "POST"), server.heard)
            }
        }
    }

    @Test
    fun `a refusal of the server comes with its code`() {
        val refusal = """{"error": "channel_self_set_not_allowed", "message": "no"}"""
        ChannelServer(mapOf("GET" to refusal, "POST" to refusal)).use { server ->
            server.device().use { device ->
                val (updater, _) = device.launch()
                for (error in listOf(failure { updater.setChannel("inner") }, failure { updater.channels() })) {
                    assertEquals("invalid_request", error.code)
                    assertContains(error.detail, "channel_self_set_not_allowed")
                }
            }
        }
    }

    @Test
    fun `a source without such a list has none`() {
        Device(server = null).use { device ->
            val (updater, _) = device.launch()
            assertEquals("invalid_request", failure { updater.channels() }.code)
        }
    }
}

/** Answers a method with a text, whatever the path. */
private class ChannelServer(answers: Map<String, String>) : AutoCloseable {
    val heard: MutableList<String> = Collections.synchronizedList(mutableListOf())
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)

    init {
        server.createContext("/") { exchange ->
            heard += exchange.requestMethod
            exchange.requestBody.readAllBytes()
            val answer = answers.getValue(exchange.requestMethod).toByteArray()
            exchange.sendResponseHeaders(200, answer.size.toLong())
            exchange.responseBody.use { it.write(answer) }
        }
        server.start()
    }

    fun device(): Device {
        val url = "http://127.0.0.1:${server.address.port}"
        return Device(
            server = null,
            "source" to "capgo",
            "updateUrl" to "$url/updates",
            "channelUrl" to "$url/channel_self",
        )
    }

    override fun close() = server.stop(0)
}
