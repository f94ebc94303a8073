package dev.quorate.replica;

import io.smallrye.mutiny.Uni;
import java.util.function.Supplier;

/**
 * Bounds the writes of a process that are not answered yet, in number and bytes, wherever they are done, and the bytes of
 * bodies that are still on their way: all of them are held in memory. Any thread.
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

    /**
     * Whether a body of that length would be taken now. None of it is counted before it comes: who announces one, and does not
     * send it, keeps nobody out.
     */
    public synchronized boolean hasRoom(long bytes) {
        return pendingBytes == 0 || pendingBytes + bytes <= limitBytes;
    }

    /**
     * Counts bytes of a body that is on its way, unless there are too many; {@link #letGo} has to follow.
     *
     * @param held what of the same body is counted already; one alone is taken whatever it takes
     * @return whether they are counted
     */
    public synchronized boolean hold(long bytes, long held) {
        boolean alone = pendingBytes == held;
        if (!alone && pendingBytes + bytes > limitBytes) {
            return false;
        }
        pendingBytes += bytes;
        return true;
    }

    /** Counts them no longer. */
    public synchronized void letGo(long bytes) {
        pendingBytes -= bytes;
    }

    private synchronized void enter(long bytes) {
        if (pending >= limit) {
            throw new ReplicaException.Overloaded(limit + " writes are waiting already");
        }
        if (pending > 0 && pendingBytes + bytes > limitBytes) {
            throw new ReplicaException.Overloaded(tooManyBytes());
        }
        pending++;
        pendingBytes += bytes;
    }

    private synchronized void leave(long bytes) {
        pending--;
        pendingBytes -= bytes;
    }

    /** Why bytes are refused, for a person. */
    public synchronized String tooManyBytes() {
        return "the bodies of writes that wait or come take " + pendingBytes + " bytes already";
    }

    /** How many writes are pending. */
    public synchronized int pending() {
        return pending;
    }

    /** How many bytes they and the bodies on their way take. */
    public synchronized long pendingBytes() {
        return pendingBytes;
    }
}
