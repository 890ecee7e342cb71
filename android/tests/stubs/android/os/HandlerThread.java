package android.os;

public class HandlerThread {
    private final String name;
    private Looper looper;

    public HandlerThread(String name) {
        this.name = name;
    }

    public void start() {
        looper = new Looper(name);
    }

    public Looper getLooper() {
        return looper;
    }

    public boolean quitSafely() {
        looper.quit();
        return true;
    }
}
