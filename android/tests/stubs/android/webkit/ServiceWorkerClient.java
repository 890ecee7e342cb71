package android.webkit;

public abstract class ServiceWorkerClient {
    public abstract WebResourceResponse shouldInterceptRequest(WebResourceRequest request);
}
