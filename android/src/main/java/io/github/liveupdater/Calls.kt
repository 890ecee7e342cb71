package io.github.liveupdater

import com.getcapacitor.JSArray
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
    return DownloadFrom(url, required("version"), required("checksum"), getString("signature"), size?.toULong())
}

/** Tells JavaScript what went wrong, with a code for programs. */
internal fun PluginCall.reject(problem: Throwable) {
    val data = JSObject()
    when (problem) {
        is UpdaterException.Failed -> {
            data.put("retryable", problem.retryable)
            problem.retryAfterSeconds?.let { data.put("retryAfter", it.toLong() * 1000) }
            reject(problem.detail, problem.code, data)
        }
        is InvalidRequest -> reject(problem.message, "invalid_request", data.put("retryable", false))
        else -> reject(problem.toString(), "internal", data.put("retryable", false))
    }
}

internal fun BundleInfo.toJs() = JSObject(json())

/** Capacitor answers with objects only, so what may be missing is a null inside of one. */
internal fun BundleInfo?.toJsOrNull(): Any = this?.toJs() ?: JSONObject.NULL

internal fun <T> List<T>.toJs(convert: T.() -> Any) = JSArray().also { array -> forEach { array.put(it.convert()) } }

/** The builtin bundle, where there is no core that could tell of it. */
internal fun builtinBundle(version: String) = JSObject()
    .put("id", "builtin")
    .put("version", version)
    .put("status", "success")
    .put("checksum", "")
    .put("downloaded", "1970-01-01T00:00:00.000Z")
