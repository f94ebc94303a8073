package dev.quorate.store;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A whole state read from a snapshot: made beside the store that is in use, by any one thread, then put in its place at
 * once by {@link Store#become}. Not to be touched after that.
 */
public final class StoreImage {
    final ConcurrentHashMap<String, KeyRecord> records = new ConcurrentHashMap<>();
    final KeyIndex keys = new KeyIndex();
    final Outcomes outcomes = new Outcomes();
    final Expiries expiries = new Expiries();
    private final Map<String, String> types = new HashMap<>();
    private long sizeBytes;
    private long leaderTimeMs;
    private long recordsHash;

    /** Adds a record; keys come once each. */
    void add(KeyRecord record) {
        records.put(record.key(), record);
        keys.add(record.key());
        expiries.replaced(null, record);
        sizeBytes += record.sizeBytes();
        recordsHash += RecordHash.of(record);
    }

    /** Adds an outcome; they come in the order of their entries. */
    void add(Outcome outcome) {
        outcomes.add(outcome, false);
    }

    /** One text for all records of a type, as the store keeps them. */
    @Nullable
    String shared(@Nullable String type) {
        return type == null || types.size() >= Store.SHARED_TYPES ? type : types.computeIfAbsent(type, known -> known);
    }

    void leaderTimeMs(long ms) {
        leaderTimeMs = ms;
    }

    long recordsHash() {
        return recordsHash;
    }

    /** The last leader time in its log. */
    public long leaderTimeMs() {
        return leaderTimeMs;
    }

    /** How many records it holds. */
    public int size() {
        return records.size();
    }

    /** Bytes of their keys and values. */
    public long sizeBytes() {
        return sizeBytes;
    }
}
