package android.content;

import io.github.liveupdater.rig.Device;
import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** In a file each, as on a phone: in memory at once, on the disk with commit or some time after apply. */
public class SharedPreferences {
    private static final Map<File, SharedPreferences> ALL = new ConcurrentHashMap<>();
    private static final ExecutorService LATER = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "preferences");
        thread.setDaemon(true);
        return thread;
    });

    private final File file;
    private final Properties values = new Properties();

    private SharedPreferences(File file) {
        this.file = file;
        try {
            if (file.exists()) {
                values.load(new StringReader(Files.readString(file.toPath())));
            }
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    static SharedPreferences of(String name) {
        return ALL.computeIfAbsent(new File(Device.folder("shared_prefs"), name), SharedPreferences::new);
    }

    public synchronized String getString(String key, String other) {
        return values.getProperty(key, other);
    }

    public synchronized int getInt(String key, int other) {
        String value = values.getProperty(key);
        return value == null ? other : Integer.parseInt(value);
    }

    public synchronized long getLong(String key, long other) {
        String value = values.getProperty(key);
        return value == null ? other : Long.parseLong(value);
    }

    public synchronized boolean getBoolean(String key, boolean other) {
        String value = values.getProperty(key);
        return value == null ? other : Boolean.parseBoolean(value);
    }

    public Editor edit() {
        return new Editor();
    }

    private synchronized void change(Map<String, String> changes) {
        changes.forEach((key, value) -> {
            if (value == null) {
                values.remove(key);
            } else {
                values.setProperty(key, value);
            }
        });
    }

    private synchronized boolean write() {
        try {
            StringWriter text = new StringWriter();
            values.store(text, null);
            Files.writeString(file.toPath(), text.toString());
            return true;
        } catch (IOException problem) {
            return false;
        }
    }

    public class Editor {
        private final Map<String, String> changes = new HashMap<>();

        public Editor putString(String key, String value) {
            changes.put(key, value);
            return this;
        }

        public Editor putInt(String key, int value) {
            return putString(key, Integer.toString(value));
        }

        public Editor putLong(String key, long value) {
            return putString(key, Long.toString(value));
        }

        public Editor remove(String key) {
            return putString(key, null);
        }

        public boolean commit() {
            change(changes);
            return write();
        }

        public void apply() {
            change(changes);
            LATER.execute(SharedPreferences.this::write);
        }
    }
}
