package androidx.lifecycle;

public class Lifecycle {
    public State state = State.INITIALIZED;

    public State getCurrentState() {
        return state;
    }

    public enum State {
        DESTROYED,
        INITIALIZED,
        CREATED,
        STARTED,
        RESUMED;

        public boolean isAtLeast(State state) {
            return compareTo(state) >= 0;
        }
    }
}
