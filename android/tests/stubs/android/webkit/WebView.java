package android.webkit;

import android.content.pm.PackageInfo;
import android.view.View;
import io.github.liveupdater.rig.Device;
import io.github.liveupdater.rig.Screen;

/** A page of the browser that {@link Device#browser} drives. */
public class WebView extends View {
    public final Screen screen = Device.browser.open(this);
    public WebViewClient client = new WebViewClient();

    public static void setWebContentsDebuggingEnabled(boolean value) {}

    public static PackageInfo getCurrentWebViewPackage() {
        PackageInfo info = new PackageInfo();
        info.packageName = "com.google.android.webview";
        info.versionName = "140.0.0.0";
        return info;
    }

    public WebSettings getSettings() {
        return new WebSettings();
    }

    public int getProgress() {
        return 100;
    }

    public void setWebViewClient(WebViewClient client) {
        this.client = client;
    }

    public void setWebChromeClient(WebChromeClient client) {}

    public void addJavascriptInterface(Object target, String name) {
        screen.addInterface(target, name);
    }

    public void loadUrl(String url) {
        Device.mustBeMainThread("loadUrl");
        screen.load(url);
    }

    public void stopLoading() {
        Device.mustBeMainThread("stopLoading");
        screen.stop();
    }

    public void evaluateJavascript(String script, ValueCallback<String> callback) {
        screen.evaluate(script);
    }

    public void destroy() {
        screen.close();
    }
}
