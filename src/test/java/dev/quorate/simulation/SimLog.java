package dev.quorate.simulation;

import dev.quorate.protocol.EntryBatch;
import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/** A model of the log: what was appended, and how much of it a crash leaves. */
final class SimLog implements LogView {
    // The root stands at 0, so that an entry's place is its index.
    private final List<SimEntry> items = new ArrayList<>();
    private long synced;

    // What is below the first kept entry is in the snapshot alone; its place still knows its term, as the real log
    // does.
    private long first = 1;
    private SimEntry snapshot;

    SimLog(SimEntry root) {
        items.add(root);
        snapshot = root;
    }

    /** The newest durable snapshot's last entry; the root while there is none. */
    SimEntry snapshotAt() {
        return snapshot;
    }

    /** A snapshot is durable: entries it covers go, but for some. */
    void compact(SimEntry at, long keptEntries) {
        snapshot = at;
        first = Math.max(first, at.index() + 1 - keptEntries);
    }

    /** A leader's snapshot is durable, and not yet in the place of what it replaces. */
    void received(SimEntry at) {
        snapshot = at;
    }

    /** What a start does, and an installation after {@link #received}: a log that lacks the snapshot's end is none. */
    void startAfterSnapshot() {
        if (snapshot.index() <= lastIndex() && get(snapshot.index()) == snapshot) {
            return;
        }
        items.clear();
        for (SimEntry at = snapshot; at != null; at = at.previous()) {
            items.add(at);
        }
        Collections.reverse(items);
        first = snapshot.index() + 1;
        synced = snapshot.index();
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
        synced = kept;
    }

    @Override
    public long firstIndex() {
        return first;
    }

    @Override
    public Position snapshot() {
        return snapshot.position();
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
