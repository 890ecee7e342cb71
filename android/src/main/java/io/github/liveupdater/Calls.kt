package io.github.liveupdater

import com.getcapacitor.JSObject
import com.getcapacitor.PluginCall
import io.github.liveupdater.core.BundleInfo
import io.github.liveupdater.core.CallArguments
import io.github.liveupdater.core.Channel
import io.github.liveupdater.core.UpdaterException
import org.json.JSONObject

/** What the page gave along, of whatever types: the core takes it, or refuses it by its name. */
internal val PluginCall.arguments get() = CallArguments(data.toString())

/** Tells JavaScript what went wrong, with a code for programs. */
internal fun PluginCall.reject(problem: Throwable) {
    if (problem is UpdaterException.Failed) {
        val data = js("retryable" to problem.retryable)
        problem.retryAfterSeconds?.let { data.put("retryAfter", it) }
        return reject(problem.detail, problem.code, data)
    }
    reject(problem.message ?: problem.toString(), "internal", js("retryable" to false))
}

/** What a call is answered with. A null stays: Capacitor would leave it out. */
internal fun js(vararg entries: Pair<String, Any?>) = JSObject().apply {
    for ((name, value) in entries) put(name, value ?: JSONObject.NULL)
}

internal fun BundleInfo.toJs() = JSObject(json())

internal fun Channel.toJs() = JSObject(json())

/** The builtin bundle, where there is no core that could tell of it. */
internal fun builtinBundle(version: String) = js(
    "id" to "builtin",
    "version" to version,
    "status" to "success",
    "checksum" to "",
    "downloaded" to "1970-01-01T00:00:00.000Z",
)
