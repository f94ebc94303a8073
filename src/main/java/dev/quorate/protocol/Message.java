package dev.quorate.protocol;

/**
 * What replicas say to each other about the log (Raft Figure 2). Every message carries its sender's term. Dispatch by
 * {@link #deliverTo}: the handler's list of {@code onX} methods is the exhaustive check.
 */
public sealed interface Message {
    /** The sender, 0..N-1. */
    int from();

    /** The addressee, 0..N-1. */
    int to();

    /** The sender's term when it was sent. */
    long term();

    /** Hands this message to the method made for its type. */
    void deliverTo(Handler handler);

    /** One method a message. */
    interface Handler {
        /** A leader's entries arrive. */
        void onAppendRequest(AppendRequest request);

        /** A follower answers. */
        void onAppendResponse(AppendResponse response);

        /** A part of a leader's snapshot arrives. */
        void onInstallRequest(InstallRequest request);

        /** A follower answers one. */
        void onInstallResponse(InstallResponse response);

        /** A leader shows that it leads. */
        void onHeartbeat(Heartbeat heartbeat);

        /** A follower answers a heartbeat. */
        void onHeartbeatResponse(HeartbeatResponse response);

        /** Somebody asks whether it would win. */
        void onPreVoteRequest(PreVoteRequest request);

        /** The answer to it. */
        void onPreVoteResponse(PreVoteResponse response);

        /** Somebody stands. */
        void onVoteRequest(VoteRequest request);

        /** The answer to it. */
        void onVoteResponse(VoteResponse response);

        /** The leader wants the addressee to stand at once. */
        void onTimeoutNow(TimeoutNow message);

        /** The leader tells a joining replica that it counts. */
        void onAdmission(Admission message);
    }

    /**
     * Entries for a follower (AppendEntries, Raft §5.3).
     *
     * @param sequence numbers the requests of a stream, so that a late or doubled answer is known as such
     * @param previous position of the entry just before {@code entries}
     * @param commitIndex the leader's commit index
     * @param entries what the follower lacks; empty for a probe
     */
    record AppendRequest(
            int from, int to, long term, long sequence, Position previous, long commitIndex, EntryBatch entries)
            implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onAppendRequest(this);
        }
    }

    /**
     * The answer to an {@link AppendRequest}. Leaves only after {@code matchIndex} is synced.
     *
     * @param sequence that of the request
     * @param accepted whether the entry before the request's entries was found
     * @param matchIndex accepted: the last index of that request, never more. Refused: the index the leader should try
     *     to follow instead, one before the first entry of the conflicting term, or this log's last index
     * @param counts whether the sender counts in quorums; false while it is joining (protocol.md §6)
     */
    record AppendResponse(int from, int to, long term, long sequence, boolean accepted, long matchIndex, boolean counts)
            implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onAppendResponse(this);
        }
    }

    /**
     * A part of a snapshot for a follower that lacks what the log no longer keeps (InstallSnapshot, Raft §7). The bytes are
     * the shell's to add.
     *
     * @param sequence as in {@link AppendRequest}, of the same stream
     * @param snapshot position of its last entry
     * @param offset which byte the part begins with, 0 or more; behind the last one, only asks how far the follower is
     */
    record InstallRequest(int from, int to, long term, long sequence, Position snapshot, long offset)
            implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onInstallRequest(this);
        }
    }

    /**
     * The answer to an {@link InstallRequest}. With a match index it leaves only after that is on stable storage.
     *
     * @param sequence that of the request
     * @param receivedBytes how much of the snapshot the sender has: which byte it wants next
     * @param matchIndex the snapshot's index once the sender has all that it holds, else 0
     * @param counts as in {@link AppendResponse}
     */
    record InstallResponse(
            int from, int to, long term, long sequence, long receivedBytes, long matchIndex, boolean counts)
            implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onInstallResponse(this);
        }
    }

    /**
     * Travels beside appends and waits for no disk write but a change of term.
     *
     * @param round numbers the rounds of a leader
     * @param commitIndex the leader's commit index; a follower takes it only up to what it matched in this term
     * @param provenRound a round that the addressee had answered before one was sent that is confirmed by now: it knows
     *     when that was, on its own clock; 0 where there is none
     * @param provenIndex the leader's last index when that confirmed one was sent: who holds it lacks nothing that was
     *     acknowledged before the answer to {@code provenRound} left
     */
    record Heartbeat(int from, int to, long term, long round, long commitIndex, long provenRound, long provenIndex)
            implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onHeartbeat(this);
        }
    }

    /**
     * The answer to a {@link Heartbeat}.
     *
     * @param round that of the heartbeat; 0 for one of an older term, which confirms nothing
     * @param lastIndex the follower's last index, for people to see; counts for nothing
     * @param commitIndex the follower's commit index, for people to see
     * @param counts as in {@link AppendResponse}
     */
    record HeartbeatResponse(int from, int to, long term, long round, long lastIndex, long commitIndex, boolean counts)
            implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onHeartbeatResponse(this);
        }
    }

    /**
     * Asks whether the addressee would vote for the sender in the term after {@code term} (thesis §9.6). Changes nobody's
     * term.
     *
     * @param last the sender's last position
     */
    record PreVoteRequest(int from, int to, long term, Position last) implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onPreVoteRequest(this);
        }
    }

    /**
     * The answer to a {@link PreVoteRequest}; binds the sender to nothing.
     *
     * @param forTerm the term the vote would be in
     */
    record PreVoteResponse(int from, int to, long term, long forTerm, boolean granted) implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onPreVoteResponse(this);
        }
    }

    /**
     * Asks for a vote in {@code term} (RequestVote, Raft §5.2).
     *
     * @param last the sender's last position
     * @param transfer whether the leader told the sender to stand: then a leader heard lately is no obstacle (thesis
     *     §4.2.3)
     */
    record VoteRequest(int from, int to, long term, Position last, boolean transfer) implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onVoteRequest(this);
        }
    }

    /** The answer to a {@link VoteRequest}. Granted, it leaves after the vote is on stable storage. */
    record VoteResponse(int from, int to, long term, boolean granted) implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onVoteResponse(this);
        }
    }

    /** The leader has the addressee stand at once, without asking first (thesis §3.10). Needs no answer. */
    record TimeoutNow(int from, int to, long term) implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onTimeoutNow(this);
        }
    }

    /**
     * Tells a joining replica that enough others hold the entry that admits it (protocol.md §6). Its answers say from
     * then on that it counts.
     *
     * @param incarnation the incarnation admitted
     * @param admitIndex the entry, of the sender's term
     */
    record Admission(int from, int to, long term, long incarnation, long admitIndex) implements Message {
        @Override
        public void deliverTo(Handler handler) {
            handler.onAdmission(this);
        }
    }
}
