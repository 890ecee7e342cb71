package androidx.activity.result;

public class ActivityResult {}
