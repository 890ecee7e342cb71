package androidx.activity.result;

public class ActivityResultLauncher<I> {
    public void launch(I input) {}
}
