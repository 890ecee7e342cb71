package com.getcapacitor.plugin.util;

import com.getcapacitor.Bridge;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

public abstract class CapacitorHttpUrlConnection {
    public abstract void setSSLSocketFactory(Bridge bridge);

    public abstract void connect();

    public abstract Map<String, List<String>> getHeaderFields();

    public abstract InputStream getErrorStream();

    public abstract InputStream getInputStream();

    public abstract int getResponseCode();
}
