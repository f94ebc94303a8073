package dev.quorate.replica;

import io.smallrye.mutiny.Uni;
import java.util.function.Supplier;

/**
 * Bounds the writes of a process that are not answered yet, in number and bytes, wherever they are done: each holds its
 * body in memory. Any thread.
 */
public final class Intake {
    private final int limit;
    private final long limitBytes;
    private int pending;
    private long pendingBytes;

    Intake(int limit, long limitBytes) {
        this.limit = limit;
        this.limitBytes = limitBytes;
    }

    /**
     * Has a write done unless too much is pending; it counts until the {@code Uni} ends.
     *
     * @param bytes what its body takes; one alone is taken whatever it takes
     * @param write begins it; called when the result is subscribed to
     */
    public <T> Uni<T> admit(long bytes, Supplier<Uni<T>> write) {
        return Uni.createFrom().deferred(() -> {
            enter(bytes);
            return Uni.createFrom().deferred(write::get).onTermination().invoke(() -> leave(bytes));
        });
    }

    private synchronized void enter(long bytes) {
        if (pending >= limit) {
            throw new ReplicaException.Overloaded(limit + " writes are waiting already");
        }
        if (pending > 0 && pendingBytes + bytes > limitBytes) {
            throw new ReplicaException.Overloaded("the writes that wait take " + pendingBytes + " bytes already");
        }
        pending++;
        pendingBytes += bytes;
    }

    private synchronized void leave(long bytes) {
        pending--;
        pendingBytes -= bytes;
    }

    /** How many are pending. */
    synchronized int pending() {
        return pending;
    }
}
