package dev.quorate.replica;

import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayDeque;

/**
 * Linearizable reads of a leader (protocol.md §4; thesis §6.4): each waits until a majority has confirmed leadership in a
 * round sent after it arrived, and all that was in the log then is committed; it is answered with the newest version at
 * or below the commit index, which nothing can take back. They arrive in the order of their rounds and read indexes, so
 * that what moves answers a prefix. Loop thread only.
 */
final class LinearizableReads {
    private final ArrayDeque<Wait<?>> waits = new ArrayDeque<>();

    /** What a read shows of the state at or below a commit index, having arrived at a moment. */
    interface Answer<T> {
        T of(long commitIndex, long arrivedNanos);
    }

    private record Wait<T>(
            Answer<T> answer,
            long readIndex,
            long round,
            long arrivedNanos,
            long deadlineNanos,
            UniEmitter<? super T> emitter) {
        void complete(long commitIndex) {
            emitter.complete(answer.of(commitIndex, arrivedNanos));
        }
    }

    /**
     * A read arrived.
     *
     * @param readIndex the log's last index at that moment; never below that of the read before
     * @param round the first round that is sent after that moment
     */
    <T> void add(Answer<T> answer, long readIndex, long round, long deadlineNanos, UniEmitter<? super T> emitter) {
        waits.add(new Wait<>(answer, readIndex, round, System.nanoTime(), deadlineNanos, emitter));
    }

    /** Answers what the commit index and the confirmed round cover. */
    void complete(long commitIndex, long confirmedRound) {
        Wait<?> wait;
        while ((wait = waits.peek()) != null && wait.readIndex <= commitIndex && wait.round <= confirmedRound) {
            waits.poll();
            wait.complete(commitIndex);
        }
    }

    /** Fails what has waited too long; tells when the next of them has, or 0 if none waits. */
    long expire(long nowNanos) {
        return Expiry.failOverdue(
                waits.iterator(),
                nowNanos,
                Wait::deadlineNanos,
                wait -> wait.emitter.fail(new ReplicaException.ReadTimeout(
                        "leadership was not confirmed, or what was written before the read not committed, in time")));
    }

    /** Fails all: this replica no longer leads. */
    void abandon(String why) {
        Wait<?> wait;
        while ((wait = waits.poll()) != null) {
            wait.emitter.fail(new ReplicaException.Unavailable(why));
        }
    }
}
