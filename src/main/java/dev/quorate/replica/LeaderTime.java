package dev.quorate.replica;

/**
 * The clock that expiry goes by (protocol.md §2.9): the last stamp in the log when this leader took office, and the
 * monotonic time since. Its own stamps do not move it; a wall clock that jumps does not either. Loop thread only.
 */
final class LeaderTime {
    private long officeStampMs;
    private long officeNanos;

    /**
     * A leader begins.
     *
     * @param lastStampMs the latest stamp in its log
     * @param nowNanos the monotonic clock
     */
    void takeOffice(long lastStampMs, long nowNanos) {
        officeStampMs = lastStampMs;
        officeNanos = nowNanos;
    }

    /** The stamp of an entry appended now, in milliseconds; never less than one before. */
    long stampMs(long nowNanos) {
        return officeStampMs + (nowNanos - officeNanos) / 1_000_000;
    }
}
