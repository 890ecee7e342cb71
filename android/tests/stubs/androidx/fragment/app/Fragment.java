package androidx.fragment.app;

import android.app.Activity;
import android.view.View;
import androidx.activity.result.ActivityResultCallback;
import androidx.activity.result.ActivityResultLauncher;
import androidx.activity.result.contract.ActivityResultContract;

public class Fragment {
    public Activity getActivity() {
        return null;
    }

    public View getView() {
        return null;
    }

    public <I, O> ActivityResultLauncher<I> registerForActivityResult(
        ActivityResultContract<I, O> contract,
        ActivityResultCallback<O> callback
    ) {
        return new ActivityResultLauncher<>();
    }
}
