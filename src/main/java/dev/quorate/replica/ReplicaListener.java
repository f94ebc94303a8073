package dev.quorate.replica;

import java.time.Duration;

/**
 * Hears what the hosted replicas do, for figures. Called by loops and sync threads, several at a time and often: it
 * returns at once, never throws, and allocates nothing that it need not.
 */
public interface ReplicaListener {
    /** Outcome: {@code w} replicas have it. */
    String ACKNOWLEDGED = "acknowledged";

    /** Outcome: it is in the log, and too few had it in time. */
    String PENDING = "pending";

    /** Outcome: the replica stopped, or stopped leading, while it waited. */
    String UNKNOWN = "unknown";

    /** Outcome: nothing was appended. */
    String NONE = "none";

    /**
     * A write was answered.
     *
     * @param w how many replicas it asked for, 1..N
     * @param outcome {@link #ACKNOWLEDGED}, {@link #PENDING}, {@link #UNKNOWN} or {@link #NONE}
     */
    void written(int w, String outcome);

    /**
     * The log was synced.
     *
     * @param took how long the disk took
     * @param entries how many entries shared it, 1 or more
     */
    void synced(Duration took, int entries);

    /**
     * Damage was found in a replica's files. Told once for each time that it was found.
     */
    void damaged();

    /**
     * A replica's committed state was found to be another than that of others. Told once for each time that it began.
     */
    void stateDiffers();

    /**
     * Writes that left a replica's log changed their state.
     *
     * @param writes how many, 0 or more
     */
    void rolledBack(Rollback.State state, int writes);
}
