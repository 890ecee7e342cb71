package org.apache.cordova;

public class PluginManager {
    public void exec(String service, String action, String callback, String arguments) {}
}
