package org.apache.cordova;

import android.os.Bundle;

public class CordovaPreferences {
    public void setPreferencesBundle(Bundle bundle) {}

    public boolean getBoolean(String name, boolean other) {
        return other;
    }
}
