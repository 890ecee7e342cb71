package io.github.liveupdater

import android.content.Context
import android.content.pm.ApplicationInfo
import android.provider.Settings
import androidx.core.content.pm.PackageInfoCompat
import com.getcapacitor.util.InternalUtils

/** Facts about the installed app and the device's boot. */
internal class InstalledApp(context: Context) {
    private val info = InternalUtils.getPackageInfo(context.packageManager, context.packageName)

    val version: String = info.versionName ?: "0"

    val versionCode = PackageInfoCompat.getLongVersionCode(info).toString()

    /** Another one after each installation, of the same version too. */
    val build = "$version ($versionCode) ${info.lastUpdateTime}"

    val isDebuggable = context.applicationInfo.flags and ApplicationInfo.FLAG_DEBUGGABLE != 0

    /** Another one after each boot; null where the device doesn't count. */
    val bootId: String? =
        Settings.Global.getInt(context.contentResolver, Settings.Global.BOOT_COUNT, 0)
            .takeIf { it > 0 }
            ?.toString()
}
