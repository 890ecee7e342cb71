package com.getcapacitor.android;

public class R {
    public static class id {
        public static final int webview = 1;
    }

    public static class layout {
        public static final int capacitor_bridge_layout_main = 2;
        public static final int no_webview = 3;
    }

    public static class style {
        public static final int AppTheme_NoActionBar = 4;
    }
}
