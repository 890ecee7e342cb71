package androidx.appcompat.app;

import android.app.Activity;
import android.content.Intent;
import android.content.res.Configuration;
import android.os.Bundle;
import android.view.View;
import android.webkit.WebView;
import androidx.activity.result.ActivityResultCallback;
import androidx.activity.result.ActivityResultLauncher;
import androidx.activity.result.contract.ActivityResultContract;
import androidx.lifecycle.Lifecycle;

/** An activity whose layout is one web view. */
public class AppCompatActivity extends Activity {
    private final Lifecycle lifecycle = new Lifecycle();
    private WebView webView;

    @Override
    public void setContentView(int layout) {
        webView = new WebView();
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T extends View> T findViewById(int id) {
        return (T) webView;
    }

    public WebView getWebView() {
        return webView;
    }

    public Lifecycle getLifecycle() {
        return lifecycle;
    }

    public <I, O> ActivityResultLauncher<I> registerForActivityResult(
        ActivityResultContract<I, O> contract,
        ActivityResultCallback<O> callback
    ) {
        return new ActivityResultLauncher<>();
    }

    protected void onCreate(Bundle state) {
        lifecycle.state = Lifecycle.State.CREATED;
    }

    public void onStart() {
        lifecycle.state = Lifecycle.State.STARTED;
    }

    public void onRestart() {}

    public void onResume() {
        lifecycle.state = Lifecycle.State.RESUMED;
    }

    public void onPause() {
        lifecycle.state = Lifecycle.State.STARTED;
    }

    public void onStop() {
        lifecycle.state = Lifecycle.State.CREATED;
    }

    public void onDestroy() {
        lifecycle.state = Lifecycle.State.DESTROYED;
    }

    public void onDetachedFromWindow() {}

    public void onSaveInstanceState(Bundle state) {}

    public void onRequestPermissionsResult(int code, String[] permissions, int[] results) {}

    protected void onActivityResult(int request, int result, Intent data) {}

    protected void onNewIntent(Intent intent) {}

    public void onConfigurationChanged(Configuration configuration) {}
}
