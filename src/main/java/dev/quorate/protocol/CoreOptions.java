package dev.quorate.protocol;

/**
 * What a core is told of its set once.
 *
 * @param self its replica's id, 0..N-1
 * @param replicas N
 * @param election who may lead
 * @param maxBatchBytes most bytes of entries in one append, unless one entry alone is larger
 */
public record CoreOptions(int self, int replicas, Election election, int maxBatchBytes) {
    /** How a leader comes to be. */
    public enum Election {
        /** Replica 0 leads for ever; the commit index is its synced index (protocol.md §6). */
        NONE
    }
}
