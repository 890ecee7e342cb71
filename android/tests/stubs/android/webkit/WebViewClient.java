package android.webkit;

import android.graphics.Bitmap;

public class WebViewClient {
    public WebResourceResponse shouldInterceptRequest(WebView view, WebResourceRequest request) {
        return null;
    }

    public boolean shouldOverrideUrlLoading(WebView view, WebResourceRequest request) {
        return false;
    }

    public void onPageStarted(WebView view, String url, Bitmap favicon) {}

    public void onPageFinished(WebView view, String url) {}

    public void onPageCommitVisible(WebView view, String url) {}

    public void onReceivedError(WebView view, WebResourceRequest request, WebResourceError error) {}

    public void onReceivedHttpError(WebView view, WebResourceRequest request, WebResourceResponse response) {}

    public boolean onRenderProcessGone(WebView view, RenderProcessGoneDetail detail) {
        return false;
    }
}
