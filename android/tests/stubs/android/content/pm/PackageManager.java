package android.content.pm;

import io.github.liveupdater.rig.Device;

public class PackageManager {
    public static final int GET_PERMISSIONS = 4096;
    public static final int PERMISSION_GRANTED = 0;

    public PackageInfo getPackageInfo(String name, int flags) {
        PackageInfo info = new PackageInfo();
        info.packageName = name;
        info.versionName = Device.versionName;
        info.longVersionCode = Device.versionCode;
        info.lastUpdateTime = Device.lastUpdateTime;
        return info;
    }

    public PackageInfo getPackageInfo(String name, PackageInfoFlags flags) {
        return getPackageInfo(name, 0);
    }

    public static class PackageInfoFlags {
        public static PackageInfoFlags of(long flags) {
            return new PackageInfoFlags();
        }
    }

    public static class NameNotFoundException extends Exception {}
}
