package android.os;

public class Bundle {
    public String getString(String key) {
        return null;
    }

    public void putString(String key, String value) {}

    public Bundle getBundle(String key) {
        return null;
    }

    public void putBundle(String key, Bundle value) {}
}
