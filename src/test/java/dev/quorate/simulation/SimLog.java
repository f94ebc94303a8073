package dev.quorate.simulation;

import dev.quorate.protocol.EntryBatch;
import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A model of the log: what was appended, and how much of it a crash leaves. */
final class SimLog implements LogView {
    // The root stands at 0, so that an entry's place is its index.
    private final List<SimEntry> items = new ArrayList<>();
    private long synced;

    // What is below the first kept entry is in the snapshot alone; its place still knows its term, as the real log
    // does.
    private long first = 1;
    private SimSnapshot snapshot;
    private SimSnapshot older;

    // Of a log that truncates in place, a flaw: what still stands in the file behind what was written over it.
    private List<SimEntry> overwritten = List.of();

    SimLog(SimEntry root) {
        items.add(root);
        snapshot = SimSnapshot.none(root);
        older = snapshot;
    }

    /** The snapshot that ends at a position, of the newest two; null where it is gone. */
    @Nullable
    SimSnapshot snapshotAt(Position position) {
        return snapshot.at().position().equals(position)
                ? snapshot
                : older.at().position().equals(position) ? older : null;
    }

    /** The newest durable snapshot. */
    SimSnapshot newestSnapshot() {
        return snapshot;
    }

    /** A snapshot is durable, and what it covers is still there. */
    void save(SimSnapshot durable) {
        older = snapshot;
        snapshot = durable;
    }

    /** Entries that are in a snapshot go, but for some. */
    void dropUpTo(long index, long keptEntries) {
        first = Math.max(first, index + 1 - keptEntries);
    }

    /** What a start does, and an installation after {@link #save}: a log that lacks the snapshot's end is none. */
    void startAfterSnapshot() {
        SimEntry end = snapshot.at();
        if (end.index() <= lastIndex() && get(end.index()) == end) {
            return;
        }
        items.clear();
        for (SimEntry at = end; at != null; at = at.previous()) {
            items.add(at);
        }
        Collections.reverse(items);
        first = end.index() + 1;
        synced = end.index();
    }

    /** A run of entries. */
    record Batch(long firstIndex, List<SimEntry> items) implements EntryBatch {
        @Override
        public int count() {
            return items.size();
        }

        @Override
        public long term(int offset) {
            return items.get(offset).term();
        }

        @Override
        public int sizeBytes() {
            return items.stream().mapToInt(SimEntry::sizeBytes).sum();
        }
    }

    SimEntry get(long index) {
        return items.get((int) index);
    }

    SimEntry last() {
        return items.get(items.size() - 1);
    }

    /** Log matching (Raft Figure 3): the same entry never follows two different ones. */
    void append(SimEntry entry) {
        if (entry.previous() != last()) {
            throw new SafetyViolation(
                    entry + " was appended after " + last() + ", elsewhere after " + entry.previous());
        }
        items.add(entry);
    }

    /** As the real log does: what goes is synced first, what stays is synced afterwards. */
    void truncateFrom(long index) {
        items.subList((int) index, items.size()).clear();
        synced = index - 1;
    }

    /** Cuts the end off by writing over it: a flaw. */
    void truncateInPlace(long index) {
        List<SimEntry> gone = items.subList((int) index, items.size());
        overwritten = List.copyOf(gone);
        gone.clear();
        synced = Math.min(synced, index - 1);
    }

    void syncUpTo(long index) {
        synced = Math.max(synced, Math.min(index, lastIndex()));
    }

    /** Of what was not synced each entry may have reached the disk or not; what follows a gap is never read back. */
    void crash(RandomGenerator random, int keptPercent) {
        long kept = synced;
        while (kept < lastIndex() && random.nextInt(100) < keptPercent) {
            kept++;
        }
        items.subList((int) kept + 1, items.size()).clear();
        for (SimEntry old : overwritten) {
            if (old.index() == lastIndex() + 1) {
                items.add(old);
            }
        }
        overwritten = List.of();
        synced = lastIndex();
    }

    @Override
    public long firstIndex() {
        return first;
    }

    @Override
    public Position snapshot() {
        return snapshot.at().position();
    }

    @Override
    public long lastIndex() {
        return items.size() - 1L;
    }

    @Override
    public long syncedIndex() {
        return synced;
    }

    @Override
    public long termAt(long index) {
        return index > lastIndex() ? -1 : get(index).term();
    }

    @Override
    public long firstIndexOfTermAt(long index) {
        long first = index;
        while (first > 1 && termAt(first - 1) == termAt(index)) {
            first--;
        }
        return first;
    }

    @Override
    public Batch batch(long fromIndex, int maxBytes) {
        if (fromIndex < first) {
            throw new SafetyViolation("entry " + fromIndex + " is asked for, but the log begins at " + first);
        }
        List<SimEntry> taken = new ArrayList<>();
        int bytes = 0;
        for (long index = fromIndex; index <= lastIndex(); index++) {
            bytes += get(index).sizeBytes();
            if (!taken.isEmpty() && bytes > maxBytes) {
                break;
            }
            taken.add(get(index));
        }
        return new Batch(fromIndex, List.copyOf(taken));
    }
}
