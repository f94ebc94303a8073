package dev.quorate.protocol;

/** Why something happened to a replica, with the words used in log lines, metrics and events. */
public enum Reason {
    /** The process has just started. */
    STARTED("started"),
    /** Elections are off and this replica is the one that leads. */
    FIXED_LEADER("election is none, replica 0 leads"),
    /** A message carried a higher term. */
    HIGHER_TERM("a message carried a higher term"),
    /** The leader of the current term was heard. */
    LEADER_HEARD("heard the leader of the term"),
    /** Its directory was recovered, and all others are empty. */
    RECOVERED("its directory was recovered and the others take its log"),
    /** No leader was heard for an election time-out. */
    ELECTION_TIMEOUT("heard no leader within the election time-out"),
    /** A majority would vote for it. */
    PRE_VOTES_WON("a majority would vote for it"),
    /** A majority voted for it. */
    VOTES_WON("a majority voted for it"),
    /** The leader told it to stand. */
    TOLD_TO_STAND("the leader handed over"),
    /** The set was formed just now, or all its replicas started together. */
    FIRST_TO_STAND("the set starts, no leader can be alive"),
    /** A leader that did not hear from a majority for an election time-out. */
    QUORUM_LOST("no majority answered within an election time-out"),
    /** The leader's own disk does not finish a sync. */
    SYNC_STALLED("the leader's own sync takes longer than an election time-out"),
    /** The process ends in order. */
    SHUTDOWN("the process is stopping"),
    /** Somebody asked for another leader. */
    REQUESTED("it was asked for"),
    /** The leader's disk had no room for the entry that opens its term. */
    NO_SPACE("no space on its disk to open the term");

    private final String label;

    Reason(String label) {
        this.label = label;
    }

    /** The words. */
    public String label() {
        return label;
    }
}
