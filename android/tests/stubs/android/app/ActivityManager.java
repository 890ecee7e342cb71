package android.app;

import io.github.liveupdater.rig.Device;
import java.util.List;

public class ActivityManager {
    public List<ApplicationExitInfo> getHistoricalProcessExitReasons(String packageName, int pid, int max) {
        return Device.exits.stream().filter(exit -> pid == 0 || exit.getPid() == pid).limit(max).toList();
    }
}
