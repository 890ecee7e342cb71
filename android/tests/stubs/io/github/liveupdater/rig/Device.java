package io.github.liveupdater.rig;

import android.app.ApplicationExitInfo;
import android.os.Looper;
import android.webkit.WebView;
import java.io.File;
import java.util.List;
import java.util.Set;

/** The phone that the stubs of Android stand for. Set up before any of them is used. */
public class Device {
    /** Everything that is kept: files, preferences, and the package's assets. */
    public static File root;
    public static Browser browser;
    public static int sdk = 36;
    public static int bootCount = 1;
    public static String packageName = "com.example.app";
    public static String versionName = "1.0.0";
    public static long versionCode = 1;
    public static long lastUpdateTime = 1_700_000_000_000L;
    public static boolean isDebuggable = true;
    public static Set<String> webViewFeatures = Set.of();
    /** Numbers of processes are used again, at the latest after a boot. */
    public static int pid = (int) ProcessHandle.current().pid();
    /** How processes ended, the newest first. */
    public static List<ApplicationExitInfo> exits = List.of();

    public static File folder(String name) {
        File folder = new File(root, name);
        folder.mkdirs();
        return folder;
    }

    public static void mustBeMainThread(String what) {
        if (!Looper.getMainLooper().isCurrentThread()) {
            throw new IllegalStateException(what + " was called on " + Thread.currentThread());
        }
    }

    /** An exception that nobody catches ends an app. */
    public static void crash(Throwable problem) {
        problem.printStackTrace();
        Runtime.getRuntime().halt(70);
    }

    public interface Browser {
        Screen open(WebView view);
    }
}
