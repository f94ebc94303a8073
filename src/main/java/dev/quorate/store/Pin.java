package dev.quorate.store;

import dev.quorate.protocol.Invariants;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The state as it was committed at one index, read in parts while writes go on: the store remembers for each key that
 * changes what it was, until the reader has passed it. Memory it costs is the old values of what changes meanwhile. Loop
 * thread only; to be closed.
 */
public final class Pin implements AutoCloseable {
    private final Store store;
    private final long index;
    private final long leaderTimeMs;
    private final List<Outcome> outcomes;
    private final TreeMap<String, Before> changed = new TreeMap<>();
    private @Nullable String passed;
    private boolean exhausted;
    private boolean open = true;

    /** What a key was at the pinned index: a record, or absent. */
    private record Before(@Nullable KeyRecord record) {}

    Pin(Store store, long index, long leaderTimeMs, List<Outcome> outcomes) {
        this.store = store;
        this.index = index;
        this.leaderTimeMs = leaderTimeMs;
        this.outcomes = outcomes;
    }

    /** The index at which it shows the state. */
    public long index() {
        return index;
    }

    /** The leader time as of that index. Any thread. */
    public long leaderTimeMs() {
        return leaderTimeMs;
    }

    /** The outcomes under idempotency keys that are not forgotten as of that index, the oldest first. Any thread. */
    public List<Outcome> outcomes() {
        return outcomes;
    }

    /** Whether it still shows that state; not once it was closed, or another state took the place of the store's. */
    public boolean isOpen() {
        return open;
    }

    /** Whether all was read. */
    public boolean isExhausted() {
        return exhausted;
    }

    /** A key is about to change; the first time since the pinned index decides. */
    void changes(String key, @Nullable KeyRecord before) {
        if (!exhausted && (passed == null || key.compareTo(passed) > 0)) {
            changed.putIfAbsent(key, new Before(before));
        }
    }

    /**
     * The next records in the order of their keys. Fewer than there is room for, or none, say nothing of the end:
     * {@link #isExhausted} does.
     *
     * @param limit how many keys to look at, at most
     */
    public List<KeyRecord> next(int limit) {
        Invariants.check(open, "the pin at %d is closed", index);
        List<String> keys = store.keysAfter(passed, limit);
        NavigableMap<String, Before> rest = passed == null ? changed : changed.tailMap(passed, false);
        Iterator<String> there = keys.iterator();
        Iterator<String> wereThere = rest.keySet().iterator();
        List<KeyRecord> records = new ArrayList<>(keys.size());
        @Nullable String key = next(there);
        @Nullable String old = next(wereThere);
        int looked = 0;
        for (; looked < limit && (key != null || old != null); looked++) {
            boolean hasChanged = old != null && (key == null || old.compareTo(key) <= 0);
            String least = hasChanged || key == null ? String.valueOf(old) : key;
            Before before = hasChanged ? rest.get(least) : null;
            KeyRecord record = before != null ? before.record : store.get(least);
            if (record != null) {
                records.add(record);
            }
            key = least.equals(key) ? next(there) : key;
            old = hasChanged ? next(wereThere) : old;
            passed = least;
        }
        exhausted = looked < limit;
        changed.headMap(passed == null ? "" : passed, true).clear();
        return records;
    }

    private static @Nullable String next(Iterator<String> keys) {
        return keys.hasNext() ? keys.next() : null;
    }

    @Override
    public void close() {
        open = false;
        changed.clear();
        store.unpin(this);
    }
}
