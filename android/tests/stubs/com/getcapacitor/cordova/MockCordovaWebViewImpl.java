package com.getcapacitor.cordova;

import android.content.Context;
import android.content.Intent;
import android.webkit.WebView;
import java.util.List;
import org.apache.cordova.CordovaPreferences;
import org.apache.cordova.CordovaWebView;
import org.apache.cordova.PluginEntry;
import org.apache.cordova.PluginManager;

public class MockCordovaWebViewImpl implements CordovaWebView {
    public MockCordovaWebViewImpl(Context context) {}

    public void init(MockCordovaInterfaceImpl cordova, List<PluginEntry> plugins, CordovaPreferences settings, WebView view) {}

    public PluginManager getPluginManager() {
        return new PluginManager();
    }

    @Override
    public void onNewIntent(Intent intent) {}

    @Override
    public void handleStart() {}

    @Override
    public void handleResume(boolean keepRunning) {}

    @Override
    public void handlePause(boolean keepRunning) {}

    @Override
    public void handleStop() {}

    @Override
    public void handleDestroy() {}
}
