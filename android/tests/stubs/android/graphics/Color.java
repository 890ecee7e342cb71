package android.graphics;

public class Color {
    public static int parseColor(String color) {
        return 0;
    }

    public static int argb(int alpha, int red, int green, int blue) {
        return 0;
    }
}
