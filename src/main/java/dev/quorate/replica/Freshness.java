package dev.quorate.replica;

import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Role;
import org.jspecify.annotations.Nullable;

/**
 * How old what a replica shows can be (protocol.md §4), by its own monotonic clock alone. Its freshness point is a moment
 * of which it knows that all acknowledged before is in its log: of a leader when it began to send the last round that a
 * majority confirmed, of a follower when it took the heartbeat whose answer the leader later names as followed by such a
 * round, once it shares the leader's last index of that round. The loop writes; any thread may ask.
 */
final class Freshness {
    /** Between an answer and its being named a leader sends few heartbeats: one at a time is under way. */
    private static final int KEPT = 16;

    private final boolean needsNoRound;
    private volatile @Nullable Long pointNanos;

    // Of a term, as follower: when the last heartbeats were taken, and what was named but is not in the log yet.
    private long term;
    private final long[] rounds = new long[KEPT];
    private final long[] takenNanos = new long[KEPT];
    private long taken;
    private @Nullable Proof oldest;
    private @Nullable Proof latest;

    // As leader: the round that is waited for.
    private long sentRound;
    private long sentNanos;

    private record Proof(long nanos, long index) {}

    /** @param needsNoRound whether a leader here can have no rival: it is alone, or nobody is elected */
    Freshness(boolean needsNoRound) {
        this.needsNoRound = needsNoRound;
    }

    /**
     * How old what the replica shows now can be, in milliseconds, rounded up; -1 where it cannot say. To be asked before
     * what is shown is looked up.
     */
    long stalenessMs(Role role) {
        if (needsNoRound && role == Role.LEADER) {
            return 0;
        }
        Long point = pointNanos;
        return point == null ? -1 : olderMs(System.nanoTime() - point);
    }

    /** Nanoseconds as milliseconds, rounded up: a bound is never too small. */
    static long olderMs(long nanos) {
        return Math.max(0, (nanos + 999_999) / 1_000_000);
    }

    /** A heartbeat of the leader of this replica's term was taken, at a moment before it was answered. */
    void taken(Heartbeat heartbeat, long nanos) {
        enter(heartbeat.term());
        if (taken > 0 && heartbeat.round() <= rounds[place(taken - 1)]) {
            return; // late or doubled: of a doubled one the first counts
        }
        rounds[place(taken)] = heartbeat.round();
        takenNanos[place(taken)] = nanos;
        taken++;
        for (long i = Math.max(0, taken - KEPT); heartbeat.provenRound() > 0 && i < taken; i++) {
            if (rounds[place(i)] == heartbeat.provenRound()) {
                named(new Proof(takenNanos[place(i)], heartbeat.provenIndex()));
            }
        }
    }

    private static int place(long number) {
        return (int) (number % KEPT);
    }

    /** The one that waits is kept: always replaced by one that asks for more, none would ever be reached under load. */
    private void named(Proof proof) {
        if (oldest == null) {
            oldest = proof;
        } else {
            latest = proof;
        }
    }

    private void enter(long newTerm) {
        if (term != newTerm) {
            term = newTerm;
            taken = 0;
            oldest = null;
            latest = null;
            sentRound = 0;
        }
    }

    /** A heartbeat of this leader is about to be sent. */
    void sending(Heartbeat heartbeat, long nanos) {
        enter(heartbeat.term());
        if (sentRound == 0) {
            sentRound = heartbeat.round();
            sentNanos = nanos;
        }
    }

    /**
     * Once a drain: what was waited for may be confirmed, or in the log.
     *
     * @param ofTerm the replica's term
     * @param confirmedRound the latest round of this leader that a majority confirmed
     * @param sharedIndex the highest index that this follower is known to share with its leader
     */
    void look(Role role, long ofTerm, long confirmedRound, long sharedIndex) {
        if (ofTerm != term) {
            return;
        }
        if (role == Role.LEADER) {
            if (sentRound > 0 && confirmedRound >= sentRound) {
                sentRound = 0;
                reached(sentNanos);
            }
            return;
        }
        Proof proof;
        while ((proof = oldest) != null && sharedIndex >= proof.index) {
            reached(proof.nanos);
            oldest = latest;
            latest = null;
        }
    }

    private void reached(long nanos) {
        Long point = pointNanos;
        if (point == null || nanos - point > 0) {
            pointNanos = nanos;
        }
    }
}
