package dev.quorate.store;

import dev.quorate.protocol.Position;
import org.jspecify.annotations.Nullable;

/**
 * A key's state as one entry left it.
 *
 * @param key the key
 * @param value the bytes; not copied, not to be changed
 * @param contentType media type given with the value, or null
 * @param term term of the entry that wrote it
 * @param index index of that entry
 * @param timestampMs the leader's wall clock, in milliseconds since the epoch; shown, orders nothing
 * @param expiresAtMs leader time from which on the leader may delete it; 0 for never
 */
@SuppressWarnings("ArrayRecordComponent") // records are compared by version, never by value
public record KeyRecord(
        String key,
        byte[] value,
        @Nullable String contentType,
        long term,
        long index,
        long timestampMs,
        long expiresAtMs) {
    /** One that never expires, or whose expiry is not known: what read repair gives is for reads alone. */
    public KeyRecord(String key, byte[] value, @Nullable String contentType, long term, long index, long timestampMs) {
        this(key, value, contentType, term, index, timestampMs, 0);
    }

    /** Position of the entry that wrote it. */
    public Position version() {
        return new Position(term, index);
    }

    /** Bytes of key and value, as quotas count them; characters count as one byte each. */
    long sizeBytes() {
        return key.length() + (long) value.length;
    }
}
