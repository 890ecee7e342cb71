package android.os;

import io.github.liveupdater.rig.Device;
import java.lang.management.ManagementFactory;

public class Process {
    public static int myPid() {
        return Device.pid;
    }

    public static long getStartElapsedRealtime() {
        long age = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
        return SystemClock.elapsedRealtime() - age;
    }
}
