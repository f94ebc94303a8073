package dev.quorate.store;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of writes that came with an idempotency key (protocol.md §2.8), in the order of their entries, which is
 * that of their leader times; with the undo of what was added and forgotten above the commit index. One thread.
 */
final class Outcomes {
    private static final long UNDO_OVERHEAD_BYTES = 64;

    private final Map<String, Outcome> byKey = new HashMap<>();
    private final ArrayDeque<Outcome> inOrder = new ArrayDeque<>();
    private long sizeBytes;
    private long hash;

    // Oldest first.
    private final ArrayDeque<Step> undo = new ArrayDeque<>();
    private long undoBytes;

    private record Step(long index, Outcome outcome, boolean added) {
        long sizeBytes() {
            return UNDO_OVERHEAD_BYTES + (added ? 0 : outcome.sizeBytes());
        }
    }

    @Nullable
    Outcome get(String key) {
        return byKey.get(key);
    }

    @Nullable
    Outcome oldest() {
        return inOrder.peekFirst();
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /** The sum of theirs. */
    long hash() {
        return hash;
    }

    long undoBytes() {
        return undoBytes;
    }

    /** Of two under one key the first stays: a replay changes nothing. */
    void add(Outcome outcome, boolean undoable) {
        if (byKey.putIfAbsent(outcome.key(), outcome) != null) {
            return;
        }
        inOrder.addLast(outcome);
        sizeBytes += outcome.sizeBytes();
        hash += RecordHash.of(outcome);
        keep(new Step(outcome.index(), outcome, true), undoable);
    }

    /** Forgets outcomes whose leader time is earlier. */
    void forget(long beforeLeaderTimeMs, long index, boolean undoable) {
        Outcome oldest;
        while ((oldest = inOrder.peekFirst()) != null && oldest.leaderTimeMs() < beforeLeaderTimeMs) {
            inOrder.removeFirst();
            byKey.remove(oldest.key());
            sizeBytes -= oldest.sizeBytes();
            hash -= RecordHash.of(oldest);
            keep(new Step(index, oldest, false), undoable);
        }
    }

    private void keep(Step step, boolean undoable) {
        if (undoable) {
            undo.addLast(step);
            undoBytes += step.sizeBytes();
        }
    }

    void committed(long commitIndex) {
        Step oldest;
        while ((oldest = undo.peekFirst()) != null && oldest.index <= commitIndex) {
            undo.removeFirst();
            undoBytes -= oldest.sizeBytes();
        }
    }

    /** Those that can no longer be undone, in order: a copy. */
    List<Outcome> committed() {
        ArrayDeque<Outcome> then = new ArrayDeque<>(inOrder);
        undo.descendingIterator().forEachRemaining(step -> {
            if (step.added) {
                then.removeLast();
            } else {
                then.addFirst(step.outcome);
            }
        });
        return List.copyOf(then);
    }

    /** Newest first, so that each end of the order gets back what it lost. */
    void undoFrom(long index) {
        Step latest;
        while ((latest = undo.peekLast()) != null && latest.index >= index) {
            undo.removeLast();
            undoBytes -= latest.sizeBytes();
            Outcome outcome = latest.outcome;
            if (latest.added) {
                inOrder.removeLast();
                byKey.remove(outcome.key());
                sizeBytes -= outcome.sizeBytes();
                hash -= RecordHash.of(outcome);
            } else {
                inOrder.addFirst(outcome);
                byKey.put(outcome.key(), outcome);
                sizeBytes += outcome.sizeBytes();
                hash += RecordHash.of(outcome);
            }
        }
    }
}
