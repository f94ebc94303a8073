package dev.quorate.replica;

import dev.quorate.protocol.Reason;
import java.util.Locale;

/**
 * What was the case when a role changed, for the sentence that tells why: how long the leader was silent, how late the
 * loop's last tick came, how long the last sync took. With them a dead leader is told from a slow disk and from a process
 * that did not get to run. Times are in nanoseconds of the monotonic clock.
 */
final class Circumstances {
    private volatile int leader = -1;
    private volatile long heardNanos;
    private volatile long tickNanos;
    private volatile long lateNanos;
    private volatile long syncNanos = -1;

    /** The leader was heard. */
    void heardLeader(int from, long nowNanos) {
        leader = from;
        heardNanos = nowNanos;
    }

    /** A tick came; they are due so far apart. */
    void ticked(long nowNanos, long intervalNanos) {
        lateNanos = tickNanos == 0 ? 0 : Math.max(0, nowNanos - tickNanos - intervalNanos);
        tickNanos = nowNanos;
    }

    /** A sync ended that took so long. */
    void synced(long tookNanos) {
        syncNanos = tookNanos;
    }

    /** The core's reason, and what was the case where that tells more. */
    String tell(Reason reason, long nowNanos) {
        return switch (reason) {
            case ELECTION_TIMEOUT -> reason.label() + ": " + silence(nowNanos) + "; " + lateness() + sync();
            case QUORUM_LOST, SYNC_STALLED -> reason.label() + ": " + lateness() + sync();
            default -> reason.label();
        };
    }

    private String silence(long nowNanos) {
        return leader < 0
                ? "no message from any leader since the start"
                : "no message from leader " + leader + " for " + seconds(nowNanos - heardNanos);
    }

    private String lateness() {
        return "the last tick came " + lateNanos / 1_000_000 + " ms late";
    }

    private String sync() {
        return syncNanos < 0 ? "" : "; the last sync took " + seconds(syncNanos);
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
    }
}
