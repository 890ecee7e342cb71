package android.text;

import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

public class TextUtils {
    public static String join(CharSequence delimiter, Object[] tokens) {
        return join(delimiter, java.util.List.of(tokens));
    }

    public static String join(CharSequence delimiter, Iterable<?> tokens) {
        return StreamSupport.stream(tokens.spliterator(), false).map(String::valueOf).collect(Collectors.joining(delimiter));
    }
}
