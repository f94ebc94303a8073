package dev.quorate.replica;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One change of one key.
 *
 * @param value the bytes, not copied; null deletes
 * @param contentType media type to keep with the value, or null
 * @param ttl how long the record lives from when the leader takes it, in whole milliseconds; zero for ever
 * @param precondition what must hold for it to be done
 */
@SuppressWarnings("ArrayRecordComponent") // handed on at once, never compared
public record WriteOperation(
        String key, byte @Nullable [] value, @Nullable String contentType, Duration ttl, Precondition precondition) {
    /** A put that is always done, of a record that lives for ever. */
    public static WriteOperation put(String key, byte[] value, @Nullable String contentType) {
        return new WriteOperation(key, value, contentType, Duration.ZERO, Precondition.NONE);
    }

    /** A delete. */
    public static WriteOperation delete(String key, Precondition precondition) {
        return new WriteOperation(key, null, null, Duration.ZERO, precondition);
    }

    /** Bytes of key and value; characters count as one byte each. */
    long sizeBytes() {
        return key.length() + (value == null ? 0L : value.length);
    }
}
