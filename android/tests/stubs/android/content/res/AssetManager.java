package android.content.res;

import io.github.liveupdater.rig.Device;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/** What the app's package holds. */
public class AssetManager {
    public static final int ACCESS_STREAMING = 2;

    public InputStream open(String path) throws IOException {
        return new FileInputStream(new File(Device.folder("assets"), path));
    }

    public InputStream open(String path, int mode) throws IOException {
        return open(path);
    }

    public String[] list(String path) {
        String[] names = new File(Device.folder("assets"), path).list();
        return names == null ? new String[0] : names;
    }
}
