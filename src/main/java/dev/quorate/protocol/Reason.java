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
    LEADER_HEARD("heard the leader of the term");

    private final String label;

    Reason(String label) {
        this.label = label;
    }

    /** The words. */
    public String label() {
        return label;
    }
}
