package dev.quorate.store;

/**
 * Tells one request from another under the same idempotency key: 128 bits of a cryptographic hash.
 *
 * @param high the first eight bytes
 * @param low the last eight
 */
public record RequestHash(long high, long low) {
    /** That of no request. */
    public static final RequestHash NONE = new RequestHash(0, 0);
}
