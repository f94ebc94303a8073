package dev.quorate.replica;

import dev.quorate.protocol.CoreOptions;
import dev.quorate.protocol.CoreOptions.Election;
import java.time.Duration;

/** Turns time on the monotonic clock into the core's ticks. Loop thread only. */
final class Pulse {
    private static final int TICKS_A_HEARTBEAT = 5;

    private final long tickNanos;
    private final int electionTicks;
    private long tickedNanos = System.nanoTime();

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
        long ticks = passedNanos / tickNanos;
        tickedNanos += ticks * tickNanos;
        return (int) Math.min(Integer.MAX_VALUE, ticks);
    }
}
