package dev.quorate.replica;

import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayDeque;

/**
 * Preconditions that did not hold (protocol.md §2.1). Who is told so has read: for a majority it waits, like a
 * linearizable read, until leadership is confirmed in a round sent after the decision, and the state that decided it is
 * committed. Loop thread only.
 */
final class Refusals {
    private final ArrayDeque<Wait> waits = new ArrayDeque<>();

    private record Wait(
            ReplicaException.PreconditionFailed refusal,
            long readIndex,
            long round,
            long deadlineNanos,
            UniEmitter<? super Receipt> emitter) {}

    /**
     * A precondition did not hold.
     *
     * @param readIndex the log's last index at that moment
     * @param round the first round that is sent after it
     */
    void add(
            ReplicaException.PreconditionFailed refusal,
            long readIndex,
            long round,
            long deadlineNanos,
            UniEmitter<? super Receipt> emitter) {
        waits.add(new Wait(refusal, readIndex, round, deadlineNanos, emitter));
    }

    /** Tells what the commit index and the confirmed round cover. */
    void complete(long commitIndex, long confirmedRound) {
        Wait wait;
        while ((wait = waits.peek()) != null && wait.readIndex <= commitIndex && wait.round <= confirmedRound) {
            waits.poll();
            wait.emitter.fail(wait.refusal);
        }
    }

    /** Fails what has waited too long; tells when the next of them has, or 0 if none waits. */
    long expire(long nowNanos) {
        return Expiry.failOverdue(
                waits.iterator(),
                nowNanos,
                Wait::deadlineNanos,
                wait -> wait.emitter.fail(new ReplicaException.ReadTimeout("a precondition does not hold, but that"
                        + " this is the latest state was not confirmed in time; nothing was written")));
    }

    int pending() {
        return waits.size();
    }

    /** Fails all: this replica no longer leads, and nothing was written. */
    void abandon(String why) {
        Wait wait;
        while ((wait = waits.poll()) != null) {
            wait.emitter.fail(new ReplicaException.Unavailable(why));
        }
    }
}
