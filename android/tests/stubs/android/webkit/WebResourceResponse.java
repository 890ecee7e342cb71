package android.webkit;

import java.io.InputStream;
import java.util.Map;

public class WebResourceResponse {
    private final String mimeType;
    private final int status;
    private final Map<String, String> headers;
    private final InputStream data;

    public WebResourceResponse(String mimeType, String encoding, InputStream data) {
        this(mimeType, encoding, 200, "OK", Map.of(), data);
    }

    public WebResourceResponse(
        String mimeType,
        String encoding,
        int status,
        String reason,
        Map<String, String> headers,
        InputStream data
    ) {
        this.mimeType = mimeType;
        this.status = status;
        this.headers = headers;
        this.data = data;
    }

    public String getMimeType() {
        return mimeType;
    }

    public int getStatusCode() {
        return status;
    }

    public Map<String, String> getResponseHeaders() {
        return headers;
    }

    public InputStream getData() {
        return data;
    }
}
