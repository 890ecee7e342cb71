package android.util;

/** To this process's errors, a line each. */
public class Log {
    public static int v(String tag, String message) {
        return 0;
    }

    public static int d(String tag, String message) {
        return print("D", tag, message, null);
    }

    public static int i(String tag, String message) {
        return print("I", tag, message, null);
    }

    public static int w(String tag, String message) {
        return print("W", tag, message, null);
    }

    public static int e(String tag, String message, Throwable problem) {
        return print("E", tag, message, problem);
    }

    private static int print(String level, String tag, String message, Throwable problem) {
        System.err.println(level + " " + tag + ": " + message);
        if (problem != null) {
            problem.printStackTrace();
        }
        return 0;
    }
}
