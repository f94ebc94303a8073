package dev.quorate.replica;

import dev.quorate.protocol.ReplicaCore;
import java.time.Duration;

/** Has waits fail when their time is over: one timer, for the earliest. Loop thread only. */
final class Expiry {
    private final Loop loop;
    private final AckWaits waits;
    private final ReplicaCore core;
    private boolean expected;

    Expiry(Loop loop, AckWaits waits, ReplicaCore core) {
        this.loop = loop;
        this.waits = waits;
        this.core = core;
    }

    /** A wait ends at that time of the monotonic clock. */
    void expect(long deadlineNanos) {
        if (!expected) {
            expected = true;
            loop.after(Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime())), this::expire);
        }
    }

    private void expire() {
        expected = false;
        waits.expire(System.nanoTime(), core);
        long next = waits.nextDeadlineNanos();
        if (next != 0) {
            expect(next);
        }
    }
}
