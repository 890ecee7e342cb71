package android.app;

import android.content.Context;
import android.content.Intent;
import android.view.View;

public class Activity extends Context {
    public static final int RESULT_OK = -1;

    private final Intent intent = new Intent();

    public Intent getIntent() {
        return intent;
    }

    public void setTheme(int theme) {}

    public Application getApplication() {
        return new Application();
    }

    public void runOnUiThread(Runnable work) {
        getMainLooper().post(work);
    }

    @Override
    public void startActivity(Intent intent) {}

    public void startActivityForResult(Intent intent, int code) {}

    public void setContentView(int layout) {}

    public <T extends View> T findViewById(int id) {
        return null;
    }
}
