package dev.quorate.history;

import java.util.Locale;

/** What a history can be held to. */
public enum Guarantee {
    /** Each operation takes effect at one instant between its call and its answer (Herlihy and Wing 1990), key by key. */
    LINEARIZABLE,
    /** A session sees what it was acknowledged (Terry et al. 1994). */
    READ_YOUR_WRITES,
    /** A session never sees an older state than it saw before (Terry et al. 1994). */
    MONOTONIC_READS;

    /** For people: {@code read-your-writes}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
