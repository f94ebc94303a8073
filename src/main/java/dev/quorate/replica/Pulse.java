package dev.quorate.replica;

import dev.quorate.protocol.CoreOptions;
import dev.quorate.protocol.CoreOptions.Election;
import java.time.Duration;
import java.util.Locale;

/**
 * Turns time on the monotonic clock into the core's ticks, and remembers what tells why a replica stood: when the
 * leader was last heard, how late ticks were, how long its own disk took. Loop thread, but for {@link #synced}.
 */
final class Pulse {
    private static final int TICKS_A_HEARTBEAT = 5;
    private static final double NANOS_A_SECOND = 1e9;

    private final long tickNanos;
    private final int electionTicks;
    private long tickedNanos = System.nanoTime();
    private long heardNanos = tickedNanos;
    private int heardFrom = -1;
    private long latestNanos;
    private volatile long lastSyncNanos;

    Pulse(Duration heartbeatInterval, Duration electionTimeout) {
        this.tickNanos = Math.max(1_000_000, heartbeatInterval.toNanos() / TICKS_A_HEARTBEAT);
        this.electionTicks = (int) Math.max(2, electionTimeout.toNanos() / tickNanos);
    }

    CoreOptions coreOptions(int self, int replicas, boolean elects, int maxBatchBytes) {
        Election election = elects ? Election.AUTO : Election.NONE;
        return new CoreOptions(self, replicas, election, TICKS_A_HEARTBEAT, electionTicks, maxBatchBytes);
    }

    Duration tickLength() {
        return Duration.ofNanos(tickNanos);
    }

    /** How many ticks passed since the last call; the rest of a tick is kept for the next. */
    int elapsedTicks() {
        long passedNanos = System.nanoTime() - tickedNanos;
        latestNanos = Math.max(0, passedNanos - tickNanos);
        long ticks = passedNanos / tickNanos;
        tickedNanos += ticks * tickNanos;
        return (int) Math.min(Integer.MAX_VALUE, ticks);
    }

    void heard(int leader) {
        heardFrom = leader;
        heardNanos = System.nanoTime();
    }

    /** On the sync thread. */
    void synced(Duration took) {
        lastSyncNanos = took.toNanos();
    }

    /** Why no leader was heard, as far as this replica can tell. */
    String silence() {
        String who = heardFrom < 0
                ? "no message from a leader since the start, for "
                : "no message from leader " + heardFrom + " for ";
        return who + seconds(System.nanoTime() - heardNanos) + "; last tick was " + latestNanos / 1_000_000
                + " ms late; own last sync took " + seconds(lastSyncNanos);
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.3f s", nanos / NANOS_A_SECOND);
    }
}
