package android.app;

import io.github.liveupdater.rig.Device;
import java.util.List;

public class ActivityManager {
    public List<ApplicationExitInfo> getHistoricalProcessExitReasons(String packageName, int pid, int max) {
        // 0 stands for all, of both.
        return Device.exits.stream()
            .filter(exit -> pid == 0 || exit.getPid() == pid)
            .limit(max == 0 ? Long.MAX_VALUE : max)
            .toList();
    }
}
