package org.apache.cordova;

import android.content.Context;
import java.util.List;

public class ConfigXmlParser {
    public void parse(Context context) {}

    public CordovaPreferences getPreferences() {
        return new CordovaPreferences();
    }

    public List<PluginEntry> getPluginEntries() {
        return List.of();
    }
}
