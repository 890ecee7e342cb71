package com.getcapacitor.cordova;

import android.content.Intent;
import android.os.Bundle;
import androidx.appcompat.app.AppCompatActivity;
import org.apache.cordova.PluginManager;

public class MockCordovaInterfaceImpl {
    public MockCordovaInterfaceImpl(AppCompatActivity activity) {}

    public void restoreInstanceState(Bundle state) {}

    public void onCordovaInit(PluginManager plugins) {}

    public boolean onActivityResult(int request, int result, Intent data) {
        return false;
    }

    public boolean handlePermissionResult(int request, String[] permissions, int[] results) throws org.json.JSONException {
        return false;
    }

    public Object getActivityResultCallback() {
        return null;
    }
}
