package com.getcapacitor;

import android.webkit.WebView;

public class CapacitorWebView extends WebView {
    public void setBridge(Bridge bridge) {}
}
