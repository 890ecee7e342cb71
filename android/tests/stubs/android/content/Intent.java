package android.content;

import android.net.Uri;
import android.os.Bundle;

public class Intent {
    public static final String ACTION_VIEW = "android.intent.action.VIEW";

    public Intent() {}

    public Intent(String action, Uri uri) {}

    public Uri getData() {
        return null;
    }

    public Bundle getExtras() {
        return null;
    }
}
