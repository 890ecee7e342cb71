package android.provider;

import android.content.ContentResolver;
import io.github.liveupdater.rig.Device;

public class Settings {
    public static class Global {
        public static final String BOOT_COUNT = "boot_count";

        public static int getInt(ContentResolver resolver, String name, int other) {
            return name.equals(BOOT_COUNT) ? Device.bootCount : other;
        }
    }
}
