package io.github.liveupdater.rig;

import androidx.webkit.ScriptHandler;
import androidx.webkit.WebViewCompat;
import java.util.Set;

/** What a web view asks of its browser. */
public interface Screen {
    void load(String url);

    void stop();

    void evaluate(String script);

    ScriptHandler addScript(String script, Set<String> origins);

    void addListener(String name, WebViewCompat.WebMessageListener listener);

    void addInterface(Object target, String name);

    void close();
}
