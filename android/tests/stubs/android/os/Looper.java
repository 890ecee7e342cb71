package android.os;

import io.github.liveupdater.rig.Device;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/** A thread with a queue. What throws in it ends the app, as on a phone. */
public class Looper {
    private static final Looper MAIN = new Looper("main");

    private final ExecutorService queue;
    private volatile Thread thread;

    Looper(String name) {
        queue = Executors.newSingleThreadExecutor(work -> {
            thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    public static Looper getMainLooper() {
        return MAIN;
    }

    public boolean post(Runnable work) {
        try {
            queue.execute(() -> {
                try {
                    work.run();
                } catch (Throwable problem) {
                    Device.crash(problem);
                }
            });
            return true;
        } catch (RejectedExecutionException quit) {
            return false;
        }
    }

    public boolean isCurrentThread() {
        return Thread.currentThread() == thread;
    }

    void quit() {
        queue.shutdown();
    }
}
