package dev.quorate.store;

import dev.quorate.protocol.InvariantViolation;
import dev.quorate.protocol.Invariants;
import dev.quorate.protocol.Position;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The versioned state machine: key → record, as the log's newest entries left it, with the undo tail that takes back
 * what is not committed (protocol.md §2.3). One thread writes; any may read the newest.
 */
public final class Store {
    /** The way in which {@link #committedHashes} are made: those of another way are not comparable. */
    public static final byte HASH_VERSION = 1;

    private static final int UNDO_OVERHEAD_BYTES = 64;
    static final int SHARED_TYPES = 64;

    /** Measured: record, its key's text, two arrays' heads, the map's node and its places in the table and in order. */
    private static final int RECORD_OVERHEAD_BYTES = 176;

    // Replaced when a snapshot takes the place of the state: readers see all of the old, or all of the new.
    private volatile ConcurrentHashMap<String, KeyRecord> newest = new ConcurrentHashMap<>();
    private KeyIndex keys = new KeyIndex();
    private final Overlay overlay = new Overlay();
    private final List<Pin> pins = new ArrayList<>();

    // The undo tail, oldest first: what each key was before an entry that is not known to be committed.
    private final ArrayDeque<Undo> undo = new ArrayDeque<>();
    private long undoBytes;
    private long committedIndex;

    // One text for all records of a type: a copy each would cost as much as a short value.
    private final Map<String, String> types = new HashMap<>();

    private volatile long sizeBytes;

    private Outcomes outcomes = new Outcomes();
    private Expiries expiries = new Expiries();
    private long leaderTimeMs;
    private final StateHash hash;

    /** An empty one. */
    public Store() {
        this(StateHash.MARK_EVERY);
    }

    Store(int markEvery) {
        hash = new StateHash(markEvery);
    }

    /** @param key null for an entry that changed no key */
    private record Undo(
            long index, @Nullable String key, @Nullable KeyRecord before, long leaderTimeBeforeMs) {
        long sizeBytes() {
            return UNDO_OVERHEAD_BYTES + (before == null ? 0 : before.sizeBytes());
        }
    }

    // ---- any thread ------------------------------------------------------------------------------------------------

    /** The newest record of a key, committed or not, or null. */
    public @Nullable KeyRecord get(String key) {
        return newest.get(key);
    }

    /** As {@link #get}, but what read repair gave comes first. */
    public @Nullable KeyRecord getLocal(String key) {
        Overlay.Patch patch = overlay.get(key);
        return patch != null ? patch.record() : newest.get(key);
    }

    /** How many keys there are. */
    public int size() {
        return newest.size();
    }

    /** Bytes of the keys and values held. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** Hands over every newest record, in no order. */
    public void forEach(Consumer<KeyRecord> consumer) {
        newest.values().forEach(consumer);
    }

    // ---- the writer thread -----------------------------------------------------------------------------------------

    /**
     * Applies an entry as newest and keeps what it changed until it is known to be committed. An entry at or below what
     * {@link #committed} was told leaves nothing to undo, so that a replay need not hold every version there ever was.
     *
     * @param index at or above that of the newest entry which can still be undone
     * @throws MalformedMutationException if the bytes are not a mutation of this version; nothing is applied then
     */
    public void apply(long term, long index, ByteBuffer mutation) {
        Undo latest = undo.peekLast();
        if (latest != null && index < latest.index) {
            throw new InvariantViolation("entry " + index + " is applied after " + latest.index);
        }
        hash.changesAt(index, outcomes, leaderTimeMs);
        Change change = new Change(term, index);
        MutationCodec.decode(mutation, change);
        change.end();
    }

    /** What one entry does. */
    private final class Change implements MutationCodec.Visitor {
        private final long term;
        private final long index;
        private long stampMs;
        private boolean undoable;

        Change(long term, long index) {
            this.term = term;
            this.index = index;
        }

        @Override
        public void stamped(long leaderTimeMs) {
            stampMs = leaderTimeMs;
        }

        @Override
        public void forgetOutcomes(long beforeLeaderTimeMs) {
            outcomes.forget(beforeLeaderTimeMs, index, index > committedIndex);
        }

        @Override
        public void outcome(String idempotencyKey, RequestHash hash, boolean created) {
            outcomes.add(new Outcome(idempotencyKey, hash, created, term, index, stampMs), index > committedIndex);
        }

        @Override
        public void put(String key, byte[] value, @Nullable String contentType, long wallMs, long expiresAtMs) {
            KeyRecord before = newest.get(key);
            // The map keeps the key it met first: a second copy in the record would live as long as the record.
            String sameKey = before == null ? key : before.key();
            replace(sameKey, new KeyRecord(sameKey, value, shared(contentType), term, index, wallMs, expiresAtMs));
        }

        @Override
        public void delete(String key) {
            replace(key, null);
        }

        @Override
        public void expire(String key, Position version) {
            KeyRecord there = newest.get(key);
            if (there != null && there.term() == version.term() && there.index() == version.index()) {
                replace(key, null);
            }
        }

        private void replace(String key, @Nullable KeyRecord record) {
            keep(key, set(key, record));
        }

        private void keep(@Nullable String key, @Nullable KeyRecord before) {
            if (index > committedIndex) {
                Undo step = new Undo(index, key, before, leaderTimeMs);
                undo.addLast(step);
                undoBytes += step.sizeBytes();
                undoable = true;
            }
        }

        void end() {
            if (!undoable && stampMs > leaderTimeMs) {
                keep(null, null); // so that an undo takes the leader time back too
            }
            leaderTimeMs = Math.max(leaderTimeMs, stampMs);
        }
    }

    private @Nullable String shared(@Nullable String type) {
        if (type == null) {
            return null;
        }
        String known = types.get(type);
        if (known == null && types.size() < SHARED_TYPES) {
            types.put(type, type);
        }
        return known == null ? type : known;
    }

    private @Nullable KeyRecord set(String key, @Nullable KeyRecord record) {
        KeyRecord before = record == null ? newest.remove(key) : newest.put(record.key(), record);
        expiries.replaced(before, record);
        hash.replaced(before, record);
        if (before == null && record != null) {
            keys.add(record.key());
        } else if (before != null && record == null) {
            keys.remove(key);
        }
        for (Pin pin : pins) {
            pin.changes(key, before);
        }
        long change = (record == null ? 0 : record.sizeBytes()) - (before == null ? 0 : before.sizeBytes());
        setSizeBytes(sizeBytes + change);
        return before;
    }

    private void setSizeBytes(long bytes) {
        sizeBytes = bytes;
    }

    /** All up to this index is committed: it is not taken back any more. May be told before a replay applies it. */
    public void committed(long commitIndex) {
        committedIndex = Math.max(committedIndex, commitIndex);
        Undo oldest;
        while ((oldest = undo.peekFirst()) != null && oldest.index <= commitIndex) {
            undo.pollFirst();
            undoBytes -= oldest.sizeBytes();
        }
        outcomes.committed(commitIndex);
    }

    /**
     * Takes back every entry from this index on, newest first; values and absences are again what they were.
     *
     * @param index above what {@link #committed} was told
     */
    public void undoFrom(long index) {
        Invariants.check(index > committedIndex, "undo from %d, but %d is committed", index, committedIndex);
        Undo latest;
        while ((latest = undo.peekLast()) != null && latest.index >= index) {
            undo.pollLast();
            undoBytes -= latest.sizeBytes();
            if (latest.key != null) {
                set(latest.key, latest.before);
            }
            leaderTimeMs = latest.leaderTimeBeforeMs;
        }
        outcomes.undoFrom(index);
        hash.undoneFrom(index);
    }

    /**
     * A key's newest record at or below the commit index, found through the undo tail, or null where it was absent.
     *
     * @param commitIndex at or above what {@link #committed} was last told
     */
    public @Nullable KeyRecord getCommitted(String key, long commitIndex) {
        Invariants.check(commitIndex >= committedIndex, "read at %d, but %d is committed", commitIndex, committedIndex);
        KeyRecord found = newest.get(key);
        Iterator<Undo> newestFirst = undo.descendingIterator();
        while (newestFirst.hasNext()) {
            Undo step = newestFirst.next();
            if (step.index <= commitIndex) {
                break;
            }
            if (key.equals(step.key)) {
                found = step.before;
            }
        }
        return found;
    }

    // ---- in order, and as of one index -----------------------------------------------------------------------------

    /**
     * The next keys in order, that of {@link String#compareTo}, of the newest state.
     *
     * @param after the key before the first; null for the beginning
     * @param limit how many at most; fewer only at the end
     */
    public List<String> keysAfter(@Nullable String after, int limit) {
        return keys.from(KeyIndex.behind(after), limit);
    }

    /**
     * Hands over the records whose keys have a prefix, in the order of their keys, as they were at an index. One pass over
     * the undo tail, and a look at each key on the way.
     *
     * @param after the key before the first; null for the first with that prefix
     * @param index at or above what {@link #committed} was last told; {@link Long#MAX_VALUE} for the newest state
     * @param consumer says whether it wants another one
     */
    public void scan(String prefix, @Nullable String after, long index, Predicate<KeyRecord> consumer) {
        Invariants.check(index >= committedIndex, "read at %d, but %d is committed", index, committedIndex);
        String behind = KeyIndex.behind(after);
        String first = behind.compareTo(prefix) < 0 ? prefix : behind;
        TreeMap<String, Optional<KeyRecord>> then = new TreeMap<>();
        Iterator<Undo> newestFirst = undo.descendingIterator();
        while (newestFirst.hasNext()) {
            Undo step = newestFirst.next();
            if (step.index <= index) {
                break;
            }
            if (step.key != null && step.key.startsWith(prefix) && step.key.compareTo(first) >= 0) {
                then.put(step.key, Optional.ofNullable(step.before));
            }
        }
        new Scan(keys, newest, then).run(prefix, first, consumer);
    }

    /** The index that {@link #committed} was last told. */
    public long committedIndex() {
        return committedIndex;
    }

    /** Pins the state at the index that {@link #committed} was last told. */
    public Pin pin() {
        Undo oldest = undo.peekFirst();
        long committedTimeMs = oldest == null ? leaderTimeMs : oldest.leaderTimeBeforeMs;
        Pin pin = new Pin(this, committedIndex, committedTimeMs, outcomes.committed());
        // Oldest first: what a key was before the first change that can be undone is what it was when committed.
        undo.forEach(step -> {
            if (step.key != null) {
                pin.changes(step.key, step.before);
            }
        });
        pins.add(pin);
        return pin;
    }

    void unpin(Pin pin) {
        pins.remove(pin);
    }

    /**
     * Another state takes the place of this one, with nothing to undo; pins and overlays are at an end.
     *
     * @param index the committed index whose state it is, above that of {@link #committed}
     */
    public void become(StoreImage image, long index) {
        Invariants.check(index > committedIndex, "a state of %d, but %d is committed", index, committedIndex);
        List.copyOf(pins).forEach(Pin::close);
        undo.clear();
        undoBytes = 0;
        overlay.clear();
        keys = image.keys;
        newest = image.records;
        outcomes = image.outcomes;
        expiries = image.expiries;
        leaderTimeMs = image.leaderTimeMs();
        hash.become(image.recordsHash(), index);
        setSizeBytes(image.sizeBytes());
        committedIndex = index;
    }

    /**
     * Hashes of all that was committed, by index: what stores that applied the same entries up to an index have alike. It
     * is known of some indexes only: of the latest few multiples of {@value StateHash#MARK_EVERY}, and of the index that
     * {@link #committed} was last told, unless something was applied behind it.
     */
    public NavigableMap<Long, Long> committedHashes() {
        return hash.upTo(committedIndex, outcomes, leaderTimeMs);
    }

    long newestHash() {
        return hash.now(outcomes, leaderTimeMs);
    }

    /** Bytes that the undo tail keeps. */
    public long undoBytes() {
        return undoBytes + outcomes.undoBytes();
    }

    /** About what keys, values and outcomes take in memory, each with what is needed to hold it. */
    public long memoryBytes() {
        return sizeBytes + (long) newest.size() * RECORD_OVERHEAD_BYTES + outcomes.sizeBytes();
    }

    // ---- idempotency and expiry, on the writer thread --------------------------------------------------------------

    /** What became of the write that came with that idempotency key, committed or not; null where it is not known. */
    public @Nullable Outcome outcome(String idempotencyKey) {
        return outcomes.get(idempotencyKey);
    }

    /** The outcome of the earliest entry that is not forgotten, or null. */
    public @Nullable Outcome oldestOutcome() {
        return outcomes.oldest();
    }

    /** The latest leader time that a mutation was stamped with; 0 if none was. */
    public long leaderTimeMs() {
        return leaderTimeMs;
    }

    /** Whether there are records that expire at all. */
    public boolean hasExpiries() {
        return !expiries.isEmpty();
    }

    /**
     * Hands over records that expire at or before a leader time, the earliest first.
     *
     * @param limit how many at most
     */
    public void forEachExpired(long leaderTimeNowMs, int limit, Consumer<KeyRecord> consumer) {
        expiries.due(leaderTimeNowMs, limit, key -> consumer.accept(Objects.requireNonNull(newest.get(key))));
    }

    // ---- read repair -----------------------------------------------------------------------------------------------

    /**
     * Keeps the leader's record, or its absence (null), for local reads, if it is of the current term and above this
     * log's last position; of two for a key the higher stays.
     *
     * @param at the leader's last position when it took the record
     * @return whether it was taken
     */
    public boolean repair(String key, @Nullable KeyRecord record, Position at, long currentTerm, Position ownLast) {
        Invariants.check(record == null || record.key().equals(key), "a repair of %s carries another key", key);
        return at.term() == currentTerm && at.isAfter(ownLast) && overlay.offer(key, new Overlay.Patch(record, at));
    }

    /** The log's last position moved: overlays it has passed go. */
    public void logAdvanced(Position ownLast) {
        overlay.dropUpTo(ownLast);
    }

    /** The term changed: all overlays go. */
    public void termChanged() {
        overlay.clear();
    }
}
