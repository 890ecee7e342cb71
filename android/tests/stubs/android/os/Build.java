package android.os;

import io.github.liveupdater.rig.Device;

public class Build {
    public static class VERSION {
        public static final int SDK_INT = Device.sdk;
        public static final String RELEASE = "16";
    }

    public static class VERSION_CODES {
        public static final int O = 26;
        public static final int R = 30;
        public static final int TIRAMISU = 33;
    }
}
