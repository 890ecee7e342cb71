package org.apache.cordova;

import android.content.Intent;

public interface CordovaWebView {
    void onNewIntent(Intent intent);

    void handleStart();

    void handleResume(boolean keepRunning);

    void handlePause(boolean keepRunning);

    void handleStop();

    void handleDestroy();
}
