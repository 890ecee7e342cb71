package android.webkit;

public class RenderProcessGoneDetail {
    private final boolean didCrash;

    public RenderProcessGoneDetail(boolean didCrash) {
        this.didCrash = didCrash;
    }

    public boolean didCrash() {
        return didCrash;
    }
}
