package io.github.liveupdater

import android.content.Context
import android.os.Build
import com.getcapacitor.Logger
import io.github.liveupdater.core.LogLevel
import io.github.liveupdater.core.LogSink
import io.github.liveupdater.core.OpenOptions
import io.github.liveupdater.core.UpdateListener
import io.github.liveupdater.core.Updater
import io.github.liveupdater.core.installLogSink
import java.io.File
import org.json.JSONObject

/** The updater of this process: activities come and go, and what runs is still the same launch. */
internal object KeptUpdater {
    private var updater: Updater? = null

    /** Opens it, or gives the one that is open, which tells `listener` from now on. */
    fun open(context: Context, config: JSONObject, listener: UpdateListener?): Updater {
        val app = InstalledApp(context)
        installLogSink(CapacitorLog, if (app.isDebuggable) LogLevel.DEBUG else LogLevel.INFO)
        val options = OpenOptions(
            // Neither backed up nor moved to another phone: bundles are of one build on one device.
            root = File(context.noBackupFilesDir, "live-updater").path,
            config = config.toString(),
            appId = context.packageName,
            platform = "android",
            nativeVersion = app.version,
            nativeBuild = app.build,
            bootId = app.bootId,
            debuggable = app.isDebuggable,
            versionCode = app.versionCode,
            osVersion = Build.VERSION.RELEASE,
        )
        return Updater.open(options, listener).also { updater = it }
    }
}

private object CapacitorLog : LogSink {
    override fun log(level: LogLevel, target: String, message: String) = when (level) {
        LogLevel.ERROR -> Logger.error(LiveUpdaterPlugin.TAG, message, null)
        LogLevel.WARN -> Logger.warn(LiveUpdaterPlugin.TAG, message)
        LogLevel.INFO -> Logger.info(LiveUpdaterPlugin.TAG, message)
        else -> Logger.debug(LiveUpdaterPlugin.TAG, message)
    }
}
