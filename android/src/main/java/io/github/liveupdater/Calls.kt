package io.github.liveupdater

import com.getcapacitor.JSObject
import com.getcapacitor.PluginCall
import io.github.liveupdater.core.BundleInfo
import io.github.liveupdater.core.DownloadFrom
import io.github.liveupdater.core.UpdaterException
import org.json.JSONObject

/** A call that lacks something. */
private class InvalidRequest(message: String) : IllegalArgumentException(message)

/** A text without which the call means nothing. */
internal fun PluginCall.required(name: String): String =
    getString(name) ?: throw InvalidRequest("$name is missing")

/** Null where the call names no bundle: then it is the one that the server offered last. */
internal fun PluginCall.downloadFrom(): DownloadFrom? {
    val url = getString("url") ?: return null
    val size = (data.opt("size") as? Number)?.toLong()
    if (size != null && size < 0) throw InvalidRequest("size is negative")
    val release = data.optJSONObject("release")?.toString()
    if (release != null) return DownloadFrom(url = url, release = release)
    return DownloadFrom(
        url = url,
        version = required("version"),
        checksum = required("checksum"),
        signature = getString("signature"),
        size = size?.toULong(),
    )
}

/** Tells JavaScript what went wrong, with a code for programs. */
internal fun PluginCall.reject(problem: Throwable) {
    if (problem is UpdaterException.Failed) {
        val data = js("retryable" to problem.retryable)
        problem.retryAfterSeconds?.let { data.put("retryAfter", it.toLong()) }
        return reject(problem.detail, problem.code, data)
    }
    val code = if (problem is InvalidRequest) "invalid_request" else "internal"
    reject(problem.message ?: problem.toString(), code, js("retryable" to false))
}

/** What a call is answered with. A null stays: Capacitor would leave it out. */
internal fun js(vararg entries: Pair<String, Any?>) = JSObject().apply {
    for ((name, value) in entries) put(name, value ?: JSONObject.NULL)
}

internal fun BundleInfo.toJs() = JSObject(json())

/** The builtin bundle, where there is no core that could tell of it. */
internal fun builtinBundle(version: String) = js(
    "id" to "builtin",
    "version" to version,
    "status" to "success",
    "checksum" to "",
    "downloaded" to "1970-01-01T00:00:00.000Z",
)
