package android.content;

import android.app.ActivityManager;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageManager;
import android.content.res.AssetManager;
import android.content.res.Resources;
import android.os.Looper;
import io.github.liveupdater.rig.Device;
import java.io.File;

public class Context {
    public static final int MODE_PRIVATE = 0;

    public Context getApplicationContext() {
        return this;
    }

    public Looper getMainLooper() {
        return Looper.getMainLooper();
    }

    public String getPackageName() {
        return Device.packageName;
    }

    public PackageManager getPackageManager() {
        return new PackageManager();
    }

    public ApplicationInfo getApplicationInfo() {
        ApplicationInfo info = new ApplicationInfo();
        info.flags = Device.isDebuggable ? ApplicationInfo.FLAG_DEBUGGABLE : 0;
        return info;
    }

    public ContentResolver getContentResolver() {
        return new ContentResolver();
    }

    public File getNoBackupFilesDir() {
        return Device.folder("no_backup");
    }

    public AssetManager getAssets() {
        return new AssetManager();
    }

    public Resources getResources() {
        return new Resources();
    }

    public ClassLoader getClassLoader() {
        return getClass().getClassLoader();
    }

    public SharedPreferences getSharedPreferences(String name, int mode) {
        return SharedPreferences.of(name);
    }

    public void startActivity(Intent intent) {}

    public <T> T getSystemService(Class<T> service) {
        return service == ActivityManager.class ? service.cast(new ActivityManager()) : null;
    }
}
