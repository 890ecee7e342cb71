package androidx.webkit;

import android.net.Uri;
import android.webkit.WebView;
import io.github.liveupdater.rig.Device;
import java.util.Set;

public class WebViewCompat {
    public static ScriptHandler addDocumentStartJavaScript(WebView view, String script, Set<String> origins) {
        Device.mustBeMainThread("addDocumentStartJavaScript");
        return view.screen.addScript(script, origins);
    }

    public static void addWebMessageListener(WebView view, String name, Set<String> origins, WebMessageListener listener) {
        view.screen.addListener(name, listener);
    }

    public interface WebMessageListener {
        void onPostMessage(
            WebView view,
            WebMessageCompat message,
            Uri origin,
            boolean isMainFrame,
            JavaScriptReplyProxy replyProxy
        );
    }
}
