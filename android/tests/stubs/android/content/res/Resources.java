package android.content.res;

import android.util.TypedValue;
import java.io.InputStream;

public class Resources {
    public InputStream openRawResource(int id) {
        throw new UnsupportedOperationException();
    }

    public void getValue(int id, TypedValue value, boolean resolve) {}
}
