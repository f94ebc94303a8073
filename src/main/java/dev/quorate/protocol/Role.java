package dev.quorate.protocol;

/** What a replica is in its set right now. */
public enum Role {
    /** Takes what the leader of its term sends. */
    FOLLOWER("follower"),
    /** Heard no leader for long and asks whether it would be elected; its term is unchanged. */
    PRE_CANDIDATE("pre-candidate"),
    /** Stands in a new term. */
    CANDIDATE("candidate"),
    /** Takes writes and replicates them. */
    LEADER("leader");

    private final String label;

    Role(String label) {
        this.label = label;
    }

    /** The word used in HTTP, metrics and logs. */
    public String label() {
        return label;
    }
}
