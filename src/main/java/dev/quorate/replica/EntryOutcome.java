package dev.quorate.replica;

/** What became of an entry of the log, as far as a replica knows (protocol.md §4). */
public enum EntryOutcome {
    /** It is there for good. */
    COMMITTED("committed"),
    /** It is in this replica's log, and not committed yet: a failover may still remove it. */
    PENDING("pending"),
    /** A failover has removed it: another is committed in its place. */
    DISCARDED("discarded"),
    /** This replica's log is not that far, or has something else there that is not committed either. */
    UNKNOWN("unknown");

    private final String label;

    EntryOutcome(String label) {
        this.label = label;
    }

    /** The word for it. */
    public String label() {
        return label;
    }
}
