package android.webkit;

public class WebSettings {
    public static final int MIXED_CONTENT_ALWAYS_ALLOW = 0;

    public void setJavaScriptEnabled(boolean value) {}

    public void setDomStorageEnabled(boolean value) {}

    public void setGeolocationEnabled(boolean value) {}

    public void setMediaPlaybackRequiresUserGesture(boolean value) {}

    public void setJavaScriptCanOpenWindowsAutomatically(boolean value) {}

    public void setMixedContentMode(int mode) {}

    public String getUserAgentString() {
        return "";
    }

    public void setUserAgentString(String value) {}

    public void setDisplayZoomControls(boolean value) {}

    public void setBuiltInZoomControls(boolean value) {}
}
