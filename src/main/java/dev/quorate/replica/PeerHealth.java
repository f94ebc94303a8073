package dev.quorate.replica;

import dev.quorate.protocol.Message.HeartbeatResponse;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * What a replica knows of another: whether it answers, how far it is, and how long to wait before it is tried again.
 * An episode of silence, or of a full disk, is one event when it begins and one when it ends. Written by the loop, read
 * by anyone.
 */
final class PeerHealth {
    private static final long FIRST_BACKOFF_MS = 50;
    private static final long MAX_BACKOFF_MS = 2_000;
    private static final long HEARD_LATELY_NANOS = 1_000_000_000;

    private final int peer;
    private final SplittableRandom random;
    private final ReplicaEvents events;
    private long silentNanos;
    private int pauses;
    private boolean full;
    private long fullNanos;
    private volatile boolean reachable;
    private volatile boolean silent;
    private volatile boolean counts = true;
    private volatile long lastIndex;
    private volatile long commitIndex;
    private volatile long heardNanos = System.nanoTime() - HEARD_LATELY_NANOS;
    private volatile long caughtUpNanos = System.nanoTime();

    PeerHealth(int peer, long seed, ReplicaEvents events) {
        this.peer = peer;
        this.events = events;
        this.random = new SplittableRandom(seed);
    }

    /** Whether it answers what it is asked, or, a leader, was heard within the last second. */
    boolean isReachable() {
        return reachable || System.nanoTime() - heardNanos < HEARD_LATELY_NANOS;
    }

    /** It leads, and said so: it has at least what it sends and says to be committed. */
    void heardAsLeader(long sentUpTo, long leadersCommitIndex) {
        heardNanos = System.nanoTime();
        events.heardLeader(peer);
        commitIndex = leadersCommitIndex;
        lastIndex = Math.max(lastIndex, Math.max(sentUpTo, leadersCommitIndex));
    }

    /** Whether it counts in its set, as it said last; only a leader hears that. */
    boolean counts() {
        return counts;
    }

    long lastIndex() {
        return lastIndex;
    }

    long commitIndex() {
        return commitIndex;
    }

    /** Milliseconds since the follower last had all of the leader's log; 0 while it has. */
    long lagMillis(long leaderLastIndex) {
        return lastIndex >= leaderLastIndex ? 0 : (System.nanoTime() - caughtUpNanos) / 1_000_000;
    }

    void answered() {
        // Heartbeats are answered by one whose disk is full, too: they shorten no pause between appends.
        pauses = full ? pauses : 0;
        if (!reachable) {
            reachable = true;
            if (silent) {
                silent = false;
                events.peerBack(peer, (System.nanoTime() - silentNanos) / 1_000_000);
            }
        }
    }

    void saw(HeartbeatResponse response, long leaderLastIndex) {
        counts = response.counts();
        commitIndex = response.commitIndex();
        has(response.lastIndex(), leaderLastIndex);
    }

    void has(long index, long leaderLastIndex) {
        if (full && index > lastIndex) {
            full = false;
            events.peerTakesEntries(peer, (System.nanoTime() - fullNanos) / 1_000_000);
        }
        lastIndex = index;
        if (index >= leaderLastIndex) {
            caughtUpNanos = System.nanoTime();
        }
    }

    /** Takes note of a failure. */
    void failed(Throwable cause) {
        if (cause instanceof PeerException.NoSpace) {
            if (!full) {
                full = true;
                fullNanos = System.nanoTime();
                events.peerFull(peer, String.valueOf(cause.getMessage()));
            }
            return;
        }
        reachable = false;
        if (!silent) {
            silent = true;
            silentNanos = System.nanoTime();
            events.peerLost(peer, String.valueOf(cause.getMessage()));
        }
    }

    /** How long a stream waits after a failed append: exponential, capped, with jitter of a half. */
    Duration nextPause() {
        long cap = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS << Math.min(pauses, 10));
        pauses++;
        return Duration.ofMillis(cap / 2 + random.nextLong(cap / 2 + 1));
    }
}
