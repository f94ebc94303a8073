package dev.quorate.protocol;

/**
 * What a core is told of its set once. Time is in ticks, whose length only the shell knows.
 *
 * @param self its replica's id, 0..N-1
 * @param replicas N
 * @param election who may lead
 * @param heartbeatTicks ticks between a leader's heartbeats, 1 or more
 * @param electionTicks the least election time-out t; each is drawn from [t, 2t). Well above {@code heartbeatTicks}
 * @param maxBatchBytes most bytes of entries in one append, unless one entry alone is larger
 */
public record CoreOptions(
        int self, int replicas, Election election, int heartbeatTicks, int electionTicks, int maxBatchBytes) {
    /** How a leader comes to be. */
    public enum Election {
        /** Replica 0 leads for ever; the commit index is its synced index (protocol.md §6). */
        NONE,
        /** Replicas elect one of them (Raft §5.2). */
        AUTO
    }

    /** The smallest number of replicas that any two of them share a member. */
    int majority() {
        return Quorum.majority(replicas);
    }

    boolean elects() {
        return election == Election.AUTO;
    }
}
