package io.github.liveupdater

import android.app.ActivityManager
import android.app.ApplicationExitInfo
import android.content.Context
import android.os.Build
import android.os.Process
import android.os.SystemClock
import androidx.annotation.RequiresApi

/** How the process ended that launched a bundle before this one did. */
internal object LastProcess {
    private var isAsked = false

    /** True once in a process, for the system doesn't forget. Before Android 11 it doesn't tell. */
    fun hasCrashed(context: Context): Boolean {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R || isAsked) return false
        isAsked = true
        val kept = context.getSharedPreferences("LiveUpdater", Context.MODE_PRIVATE)
        val process = kept.getInt(PID, 0)
        val start = kept.getLong(START, 0)
        kept.edit().putInt(PID, Process.myPid()).putLong(START, start()).commit()
        return process != 0 && start != 0L && hasCrashed(context, process, start)
    }

    /**
     * Numbers of processes are used again, but not before the process that has one is gone. So the
     * first end under its number that isn't from before its start is its own.
     */
    @RequiresApi(Build.VERSION_CODES.R)
    private fun hasCrashed(context: Context, process: Int, start: Long): Boolean {
        val manager = context.getSystemService(ActivityManager::class.java)
        val exits = manager.getHistoricalProcessExitReasons(context.packageName, process, ALL)
        return when (exits.filter { it.timestamp >= start }.minByOrNull { it.timestamp }?.reason) {
            ApplicationExitInfo.REASON_CRASH, ApplicationExitInfo.REASON_CRASH_NATIVE -> true
            else -> false
        }
    }

    /** When this process began, by the clock that the system notes ends by; in milliseconds. */
    private fun start(): Long {
        val age = SystemClock.elapsedRealtime() - Process.getStartElapsedRealtime()
        return System.currentTimeMillis() - age
    }

    private const val PID = "pid"
    private const val START = "start"

    /** As many ends as the system remembers. */
    private const val ALL = 0
}
