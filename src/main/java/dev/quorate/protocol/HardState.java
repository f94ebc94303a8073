package dev.quorate.protocol;

/**
 * What a replica must never forget (Raft Figure 2, persistent state), durable before any answer that depends on it.
 *
 * @param term the latest term seen, 0 at first
 * @param votedFor the replica that got this replica's vote in that term, or {@link #NOBODY}
 */
public record HardState(long term, int votedFor) {
    /** No vote given in this term. */
    public static final int NOBODY = -1;

    /** The state of a replica that has seen nothing. */
    public static final HardState INITIAL = new HardState(0, NOBODY);
}
