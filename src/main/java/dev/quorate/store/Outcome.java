package dev.quorate.store;

import dev.quorate.protocol.Position;

/**
 * What became of a write that came with an idempotency key.
 *
 * @param key the idempotency key
 * @param hash of the request
 * @param created whether it made a key that was not there
 * @param term term of the entry
 * @param index index of the entry
 * @param leaderTimeMs the entry's leader time; the outcome is forgotten by this
 */
public record Outcome(String key, RequestHash hash, boolean created, long term, long index, long leaderTimeMs) {
    private static final long OVERHEAD_BYTES = 200;

    /** Position of the entry. */
    public Position version() {
        return new Position(term, index);
    }

    /** About what it takes in memory. */
    long sizeBytes() {
        return OVERHEAD_BYTES + key.length();
    }
}
