package dev.quorate.protocol;

/** A leader's stream to one follower: what is known of its log, and the one request in flight. Volatile, per term. */
final class Follower {
    static final long NOTHING_IN_FLIGHT = 0;

    private final int id;
    private FollowerState state;
    private long inFlight = NOTHING_IN_FLIGHT;
    private boolean paused;

    Follower(int id, long nextIndex) {
        this.id = id;
        this.state = new FollowerState.Probing(nextIndex);
    }

    int id() {
        return id;
    }

    FollowerState state() {
        return state;
    }

    long matchIndex() {
        return state.matchIndex();
    }

    boolean isProbing() {
        return state instanceof FollowerState.Probing;
    }

    /** Whether a request may leave: none is in flight and the last did not fail. */
    boolean isReady() {
        return inFlight == NOTHING_IN_FLIGHT && !paused;
    }

    void sent(long sequence) {
        inFlight = sequence;
    }

    /** Takes an answer if it belongs to the request in flight. */
    boolean takes(long sequence) {
        if (sequence != inFlight) {
            return false;
        }
        inFlight = NOTHING_IN_FLIGHT;
        return true;
    }

    void failed() {
        inFlight = NOTHING_IN_FLIGHT;
        paused = true;
    }

    void resume() {
        paused = false;
    }

    /** Also takes an index that went back: the follower may have lost an unsynced tail (protocol.md §2.4). */
    void accepted(long matchIndex) {
        state = state instanceof FollowerState.Probing probing
                ? probing.found(matchIndex)
                : new FollowerState.Replicating(matchIndex + 1, matchIndex);
    }

    void refused(long hint) {
        state = state instanceof FollowerState.Probing probing
                ? probing.refused(hint)
                : ((FollowerState.Replicating) state).refused(hint);
    }
}
