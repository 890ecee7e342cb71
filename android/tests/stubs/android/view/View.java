package android.view;

import android.os.Looper;

public class View {
    public boolean post(Runnable work) {
        return Looper.getMainLooper().post(work);
    }

    public <T extends View> T findViewById(int id) {
        return null;
    }

    public void setBackgroundColor(int color) {}

    public boolean requestFocusFromTouch() {
        return true;
    }

    public void removeAllViews() {}
}
