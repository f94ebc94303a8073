package dev.quorate.store;

import dev.quorate.protocol.InvariantViolation;
import dev.quorate.protocol.Invariants;
import dev.quorate.protocol.Position;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The versioned state machine: key → record, as the log's newest entries left it, with the undo tail that takes back
 * what is not committed (protocol.md §2.3). One thread writes; any may read the newest.
 */
public final class Store {
    private static final int UNDO_OVERHEAD_BYTES = 64;
    private static final int SHARED_TYPES = 64;

    private final ConcurrentHashMap<String, KeyRecord> newest = new ConcurrentHashMap<>();
    private final Overlay overlay = new Overlay();

    // The undo tail, oldest first: what each key was before an entry that is not known to be committed.
    private final ArrayDeque<Undo> undo = new ArrayDeque<>();
    private long undoBytes;
    private long committedIndex;

    // One text for all records of a type: a copy each would cost as much as a short value.
    private final Map<String, String> types = new HashMap<>();

    private volatile long sizeBytes;

    private record Undo(long index, String key, @Nullable KeyRecord before) {
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
        MutationCodec.decode(mutation, new MutationCodec.Visitor() {
            @Override
            public void put(String key, byte[] value, @Nullable String contentType, long wallMs) {
                KeyRecord before = newest.get(key);
                // The map keeps the key it met first: a second copy in the record would live as long as the record.
                String sameKey = before == null ? key : before.key();
                replace(index, sameKey, new KeyRecord(sameKey, value, shared(contentType), term, index, wallMs));
            }

            @Override
            public void delete(String key) {
                replace(index, key, null);
            }
        });
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

    private void replace(long index, String key, @Nullable KeyRecord record) {
        KeyRecord before = set(key, record);
        if (index <= committedIndex) {
            return;
        }
        Undo step = new Undo(index, key, before);
        undo.addLast(step);
        undoBytes += step.sizeBytes();
    }

    private @Nullable KeyRecord set(String key, @Nullable KeyRecord record) {
        KeyRecord before = record == null ? newest.remove(key) : newest.put(key, record);
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
            set(latest.key, latest.before);
        }
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
            if (step.key.equals(key)) {
                found = step.before;
            }
        }
        return found;
    }

    /** Bytes that the undo tail keeps. */
    public long undoBytes() {
        return undoBytes;
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
