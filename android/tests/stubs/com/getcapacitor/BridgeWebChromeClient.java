package com.getcapacitor;

import android.webkit.WebChromeClient;

public class BridgeWebChromeClient extends WebChromeClient {
    public BridgeWebChromeClient(Bridge bridge) {}
}
