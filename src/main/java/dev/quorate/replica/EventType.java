package dev.quorate.replica;

/** What happened, with the word used in the log and in JSON. */
public enum EventType {
    /** The process began to host it; what its log held is in the details. */
    STARTED("started", false),
    /** It took a role in a term. */
    ROLE_CHANGED("role-changed", false),
    /** Another replica stood for election and asked for its vote. */
    VOTE_ANSWERED("vote-answered", false),
    /** A leader prepares to hand over. */
    TRANSFER_STARTED("transfer-started", false),
    /** The other did not take over in time: it leads on. */
    TRANSFER_GIVEN_UP("transfer-given-up", true),
    /** As leader it heard of a replica whose directory is new. */
    JOINER_HEARD("joiner-heard", false),
    /** Its own directory was new, and it counts from now on. */
    ADMITTED("admitted", false),
    /** Damage was found in its files, at start or while it ran. */
    DAMAGED("damaged", true),
    /** Its log was damaged and is set aside: it is as one whose directory is new, until it is admitted again. */
    QUARANTINED("quarantined", true),
    /** Its committed state, or another's, is not that of the other replicas at the same index. */
    STATE_DIFFERS("state-differs", true),
    /** A suffix of its log left it: another history's. */
    TRUNCATED("truncated", true),
    /** Writes that a truncation took from the log: removed, discarded or restored, as the details say. */
    ROLLBACK("rollback", true),
    /** It begins to write a snapshot of its committed state. */
    SNAPSHOT_STARTED("snapshot-started", false),
    /** The snapshot is durable, and what it holds may have left the log. */
    SNAPSHOT_FINISHED("snapshot-finished", false),
    /** It could not be written, most likely for want of space; it is tried again later. */
    SNAPSHOT_FAILED("snapshot-failed", true),
    /** At its start it found a snapshot that is not whole, and used the one before, or the log alone. */
    SNAPSHOT_DAMAGED("snapshot-damaged", true),
    /** As leader it gave another replica its newest record of one key or several. */
    REPAIRED("repaired", false),
    /** As leader it found a follower far behind, or back after it had been away. */
    CATCH_UP_STARTED("catch-up-started", false),
    /** That follower has what it lacked. */
    CAUGHT_UP("caught-up", false),
    /** As leader it sends a follower its snapshot: the log no longer has what that one lacks. */
    INSTALL_STARTED("install-started", false),
    /** It took a leader's snapshot in place of its own log. */
    INSTALLED("installed", false),
    /** Its disk took long for a sync. */
    SYNC_STALLED("sync-stalled", true),
    /** Its disk is as fast again as it should be. */
    SYNC_RECOVERED("sync-recovered", false),
    /** Another replica does not answer it. */
    PEER_LOST("peer-lost", true),
    /** Another replica answers it again. */
    PEER_BACK("peer-back", false),
    /** It stopped for good. */
    STOPPED("stopped", true);

    private final String label;
    private final boolean warning;

    EventType(String label, boolean warning) {
        this.label = label;
        this.warning = warning;
    }

    /** The word. */
    public String label() {
        return label;
    }

    boolean isWarning() {
        return warning;
    }
}
