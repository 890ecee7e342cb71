package androidx.activity.result.contract;

public class ActivityResultContract<I, O> {}
