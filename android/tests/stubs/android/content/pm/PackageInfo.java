package android.content.pm;

public class PackageInfo {
    public static final int REQUESTED_PERMISSION_GRANTED = 2;

    public String packageName;
    public String versionName;
    public long longVersionCode;
    public long lastUpdateTime;
    public String[] requestedPermissions;
}
