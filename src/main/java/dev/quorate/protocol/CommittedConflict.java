package dev.quorate.protocol;

/**
 * The leader's log lacks, or has another entry in the place of, one that this replica knows to be committed. A bug, but where a
 * sync is not waited for: there a power failure can take an entry from a majority that acknowledged it (protocol.md §8).
 */
public final class CommittedConflict extends InvariantViolation {
    private static final long serialVersionUID = 1L;

    CommittedConflict(long index, long commitIndex, long leadersTerm) {
        super("entry " + index + ", which it knows to be committed, as all up to " + commitIndex
                + ", is another in the log of the leader of term " + leadersTerm);
    }
}
