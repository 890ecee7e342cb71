package android.util;

public class TypedValue {
    public static final int TYPE_STRING = 3;

    public int type;
}
