package io.github.liveupdater

import android.app.ActivityManager
import android.app.ApplicationExitInfo
import android.content.Context
import android.os.Build
import android.os.Process
import androidx.annotation.RequiresApi

/** How the process ended that launched a bundle before this one did. */
internal object LastProcess {
    /** True once in a process, for the system doesn't forget. Before Android 11 it doesn't tell. */
    fun hasCrashed(context: Context): Boolean {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return false
        val kept = context.getSharedPreferences("LiveUpdater", Context.MODE_PRIVATE)
        val last = kept.getInt(PID, 0)
        if (last == Process.myPid()) return false
        kept.edit().putInt(PID, Process.myPid()).commit()
        return last != 0 && hasCrashed(context, last)
    }

    @RequiresApi(Build.VERSION_CODES.R)
    private fun hasCrashed(context: Context, process: Int): Boolean {
        val manager = context.getSystemService(ActivityManager::class.java)
        val exits = manager.getHistoricalProcessExitReasons(context.packageName, process, 1)
        return when (exits.firstOrNull()?.reason) {
            ApplicationExitInfo.REASON_CRASH, ApplicationExitInfo.REASON_CRASH_NATIVE -> true
            else -> false
        }
    }

    private const val PID = "pid"
}
