package dev.quorate.protocol;

/** What a leader knows of one other replica: its log, the one append in flight, whether it counts. Volatile, per term. */
final class Follower {
    static final long NOTHING_IN_FLIGHT = 0;

    private final int id;
    private FollowerState state;
    private long inFlight = NOTHING_IN_FLIGHT;
    private boolean paused;
    private boolean counts;
    private long ackedRound;
    private long watchedAck;
    private long provenRound;
    private long firstRound;
    private long contactTick;
    private long incarnation;
    private long admitIndex;

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

    boolean isProbing() {
        return state instanceof FollowerState.Probing;
    }

    /** What it has on stable storage, whether it counts or not. */
    long heldIndex() {
        return state.matchIndex();
    }

    // ---- quorums ---------------------------------------------------------------------------------------------------

    /** Whether it counts in quorums, as far as it told this leader: not before its first answer, nor while joining. */
    boolean counts() {
        return counts;
    }

    /** What it adds to a quorum: the index it has on stable storage, 0 while it does not count. */
    long matchIndex() {
        return counts ? state.matchIndex() : 0;
    }

    /** The latest round that it confirmed, 0 while it does not count. */
    long ackedRound() {
        return counts ? ackedRound : 0;
    }

    /** When it last answered, on the leader's clock of ticks; joining ones are heard too. */
    long contactTick() {
        return contactTick;
    }

    void answered(boolean nowCounts, long tick) {
        counts = nowCounts;
        contactTick = tick;
    }

    /** False for an answer to a round from before it was known under its present incarnation. */
    boolean takesRound(long round) {
        return round >= firstRound;
    }

    void confirmed(long round) {
        ackedRound = Math.max(ackedRound, round);
    }

    /** A round is sent now, and watched until it is confirmed: what was answered before? */
    void watch() {
        watchedAck = ackedRound;
    }

    /** The round that was watched is confirmed. */
    void prove() {
        provenRound = watchedAck;
    }

    /** As in {@link Message.Heartbeat#provenRound}. */
    long provenRound() {
        return provenRound;
    }

    // ---- the stream ------------------------------------------------------------------------------------------------

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

    /** @param newestSnapshot what an installation goes on with, unless it is the same */
    void resume(Position newestSnapshot) {
        paused = false;
        if (state instanceof FollowerState.Installing installing) {
            state = installing.resumed(newestSnapshot);
        }
    }

    /** It gets a snapshot from now on. */
    FollowerState.Installing installs(Position snapshot) {
        FollowerState.Installing installing = new FollowerState.Installing(snapshot, 0);
        state = installing;
        return installing;
    }

    void received(long bytes) {
        if (state instanceof FollowerState.Installing installing) {
            state = installing.received(bytes);
        }
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

    // ---- joining ---------------------------------------------------------------------------------------------------

    /** The incarnation under which it asked to join, 0 if it did not. */
    long incarnation() {
        return incarnation;
    }

    /** Where the entry that admits it is; 0 while there is none. */
    long admitIndex() {
        return admitIndex;
    }

    /** Its directory is new: nothing that was known of the old one holds, and late answers of it are not taken. */
    void joins(long newIncarnation, long nextIndex, long nextRound) {
        incarnation = newIncarnation;
        admitIndex = 0;
        counts = false;
        ackedRound = 0;
        watchedAck = 0;
        provenRound = 0;
        firstRound = nextRound;
        inFlight = NOTHING_IN_FLIGHT;
        state = new FollowerState.Probing(nextIndex);
    }

    void admitAppended(long index) {
        admitIndex = index;
    }
}
