package dev.quorate.protocol;

/**
 * What a leader knows of a follower's log. A follower is {@link Probing} until its log was found to be the leader's up
 * to some index, then {@link Replicating}; {@link Installing} where what it lacks is no longer in the log. Each transition is a method of the state that may take it.
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

    /**
     * It gets the snapshot, in chunks, since the entries it lacks are gone (Raft §7).
     *
     * @param snapshot which one
     * @param receivedBytes what it said that it has of it
     */
    record Installing(Position snapshot, long receivedBytes) implements FollowerState {
        @Override
        public long nextIndex() {
            return snapshot.index() + 1;
        }

        @Override
        public long matchIndex() {
            return 0;
        }

        Installing received(long bytes) {
            return new Installing(snapshot, bytes);
        }

        /** The stream broke: goes on where it was, or begins again with a snapshot taken meanwhile. */
        Installing resumed(Position newest) {
            return newest.equals(snapshot) ? this : new Installing(newest, 0);
        }
    }
}
