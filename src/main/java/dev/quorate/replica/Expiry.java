package dev.quorate.replica;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import java.util.function.ToLongFunction;

/** Has waits fail when their time is over: one timer, for the earliest. Loop thread only. */
final class Expiry {
    private final Loop loop;
    private final List<LongUnaryOperator> kinds = new ArrayList<>();
    private boolean expected;
    private long earliestNanos;

    Expiry(Loop loop) {
        this.loop = loop;
    }

    /**
     * Adds a kind of waits.
     *
     * @param kind is told the time, fails what is overdue, and tells the next deadline, or 0 without one
     */
    void add(LongUnaryOperator kind) {
        kinds.add(kind);
    }

    /** A wait ends at that time of the monotonic clock. */
    void expect(long deadlineNanos) {
        if (!expected || deadlineNanos - earliestNanos < 0) {
            expected = true;
            earliestNanos = deadlineNanos;
            Duration delay = Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime()));
            loop.after(delay, () -> expire(deadlineNanos));
        }
    }

    private void expire(long deadlineNanos) {
        if (!expected || deadlineNanos != earliestNanos) {
            return; // an earlier one came since, and sees to what follows it
        }
        expected = false;
        for (LongUnaryOperator kind : kinds) {
            long next = kind.applyAsLong(System.nanoTime());
            if (next != 0) {
                expect(next);
            }
        }
    }

    /** Takes out and fails what is overdue; the earliest deadline of the others, or 0 if none is left. */
    static <T> long failOverdue(Iterator<T> waits, long nowNanos, ToLongFunction<T> deadlineNanos, Consumer<T> fail) {
        long next = 0;
        while (waits.hasNext()) {
            T wait = waits.next();
            long deadline = deadlineNanos.applyAsLong(wait);
            if (deadline - nowNanos <= 0) {
                waits.remove();
                fail.accept(wait);
            } else if (next == 0 || deadline - next < 0) {
                next = deadline;
            }
        }
        return next;
    }
}
