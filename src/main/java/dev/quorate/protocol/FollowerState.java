package dev.quorate.protocol;

/**
 * What a leader knows of a follower's log. A follower is {@link Probing} until its log was found to be the leader's up
 * to some index, then {@link Replicating}; each transition is a method of the state that may take it.
 */
sealed interface FollowerState {
    /** The next entry to send (Raft Figure 2). */
    long nextIndex();

    /** The highest index known to be on the follower's stable storage; 0 while not known (Raft Figure 2). */
    long matchIndex();

    /** The place where the logs agree is looked for, with empty requests. */
    record Probing(long nextIndex) implements FollowerState {
        @Override
        public long matchIndex() {
            return 0;
        }

        Replicating found(long index) {
            return new Replicating(index + 1, index);
        }

        /** Goes back to what the follower asked for, at least by one. */
        Probing refused(long followerHint) {
            return new Probing(Math.max(1, Math.min(nextIndex - 1, followerHint + 1)));
        }
    }

    /** The logs agree up to matchIndex; entries flow. */
    record Replicating(long nextIndex, long matchIndex) implements FollowerState {
        /** The follower lost entries: what it has is looked for again. */
        Probing refused(long followerHint) {
            return new Probing(Math.max(1, Math.min(nextIndex - 1, followerHint + 1)));
        }
    }
}
