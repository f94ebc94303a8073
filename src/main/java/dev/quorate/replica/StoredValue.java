package dev.quorate.replica;

import dev.quorate.protocol.Position;
import org.jspecify.annotations.Nullable;

/**
 * A record as edges see it.
 *
 * @param key the key
 * @param value the bytes; not copied, not to be changed
 * @param contentType media type given with the value, or null
 * @param version position of the entry that wrote it
 * @param timestampMs the leader's wall clock when it was written, in milliseconds since the epoch; shown, orders nothing
 */
@SuppressWarnings("ArrayRecordComponent") // identity of the bytes is never compared; a copy would double every read
public record StoredValue(
        String key, byte[] value, @Nullable String contentType, Position version, long timestampMs) {}
