package android.app;

public class ApplicationExitInfo {
    public static final int REASON_SIGNALED = 2;
    public static final int REASON_LOW_MEMORY = 3;
    public static final int REASON_CRASH = 4;
    public static final int REASON_CRASH_NATIVE = 5;

    private final int pid;
    private final int reason;
    private final long timestamp;

    public ApplicationExitInfo(int pid, int reason, long timestamp) {
        this.pid = pid;
        this.reason = reason;
        this.timestamp = timestamp;
    }

    public int getPid() {
        return pid;
    }

    public int getReason() {
        return reason;
    }

    public long getTimestamp() {
        return timestamp;
    }
}
