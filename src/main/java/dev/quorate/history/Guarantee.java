package dev.quorate.history;

import java.util.Locale;

/** What a history can be held to. */
public enum Guarantee {
    /**
     * Each operation takes effect at one instant between its call and its answer (Herlihy and Wing 1990), key by key. What
     * expires does so not before its time.
     */
    LINEARIZABLE,
    /** A session sees what it was acknowledged (Terry et al. 1994). */
    READ_YOUR_WRITES,
    /** A session never sees an older state than it saw before (Terry et al. 1994). */
    MONOTONIC_READS,
    /**
     * A write that was sent several times under one idempotency key is done once: its value, which no other write has, is
     * shown under one version alone, and a counter shows as many increments as were acknowledged.
     */
    EXACTLY_ONCE,
    /** What a batch wrote is seen of all its keys or of none. */
    UNTORN_BATCHES,
    /** What was written with a ttl is gone in the end. */
    EXPIRY,
    /** Watches tell the log: each acknowledged change and what others are told, in order, each once a connection. */
    WATCH_IS_LOG;

    /** For people: {@code read-your-writes}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
