package com.getcapacitor.plugin.util;

import com.getcapacitor.Bridge;
import com.getcapacitor.JSObject;
import java.net.URL;

public class HttpRequestHandler {
    public static boolean isDomainExcludedFromSSL(Bridge bridge, URL url) {
        return true;
    }

    public static class HttpURLConnectionBuilder {
        public HttpURLConnectionBuilder setUrl(URL url) {
            return this;
        }

        public HttpURLConnectionBuilder setMethod(String method) {
            return this;
        }

        public HttpURLConnectionBuilder setHeaders(JSObject headers) {
            return this;
        }

        public HttpURLConnectionBuilder openConnection() {
            return this;
        }

        public CapacitorHttpUrlConnection build() {
            throw new UnsupportedOperationException();
        }
    }
}
