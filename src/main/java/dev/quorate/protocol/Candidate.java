package dev.quorate.protocol;

import java.util.BitSet;

/** Votes, or promises of votes, that a (pre-)candidate has; its own among them. Volatile. */
final class Candidate {
    private final BitSet granted = new BitSet();

    Candidate(int self) {
        granted.set(self);
    }

    /** A doubled answer counts once. */
    void grantedBy(int replica) {
        granted.set(replica);
    }

    boolean hasWon(int majority) {
        return granted.cardinality() >= majority;
    }
}
