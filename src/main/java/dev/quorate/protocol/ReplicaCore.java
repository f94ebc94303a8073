package dev.quorate.protocol;

import dev.quorate.protocol.CoreEvent.MessageIgnored;
import dev.quorate.protocol.CoreEvent.RoleChanged;
import dev.quorate.protocol.CoreEvent.TransferStarted;
import dev.quorate.protocol.Message.Admission;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Message.InstallResponse;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.TimeoutNow;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Message.VoteResponse;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The deterministic core of a replica: takes messages, ticks and storage results, returns {@link Effects}. It has no
 * clock, no random source but the one handed in, does no I/O, and is called by one thread. The shell does the effects of
 * one call before it makes the next, so that {@link LogView} always shows what the core last asked for.
 *
 * <p>The order of a step is that of Raft's Figure 2: the term once for all roles, then the conversation the message
 * belongs to: {@link Election}, {@link Replication}, {@link Transfer}, {@link Joining}.
 */
public final class ReplicaCore {
    private final CoreOptions options;
    private final LogView log;
    private final Election election;
    private final Replication replication;
    private final Joining joining;

    // Durable: saved and synced before any message of the step that changed it.
    private HardState hardState;

    // Durable: stored by the shell before any message of the step that changed it.
    private boolean member;

    // Volatile.
    private Role role = Role.FOLLOWER;
    private int leader = -1;
    private @Nullable Leader leading;
    private Effects effects = new Effects();

    /**
     * A core over what its replica found on disk.
     *
     * @param random what election time-outs are drawn from
     * @param member whether this replica counts; false while it is joining (protocol.md §6)
     * @param commitBound a lower bound of the commit index, 0..log.lastIndex()
     */
    public ReplicaCore(
            CoreOptions options,
            RandomGenerator random,
            HardState hardState,
            boolean member,
            long commitBound,
            LogView log) {
        Invariants.check(commitBound <= log.lastIndex(), "commit bound %d is beyond the log", commitBound);
        this.options = options;
        this.hardState = hardState;
        this.member = member;
        this.log = log;
        this.election = new Election(this, options, log, random);
        this.replication = new Replication(this, options, log, commitBound);
        this.joining = new Joining(this, options, log);
    }

    // ---- what it knows ---------------------------------------------------------------------------------------------

    /** Its role now. */
    public Role role() {
        return role;
    }

    /** The latest term it has seen. */
    public long term() {
        return hardState.term();
    }

    /** The leader of the current term, or -1 while it is not known. */
    public int leader() {
        return leader;
    }

    /** Whether this replica counts; false while it is joining. */
    public boolean isMember() {
        return member;
    }

    /** The highest index it knows to be committed. */
    public long commitIndex() {
        return replication.commitIndex();
    }

    /** The highest index that a follower is known to share with the leader of its term. */
    public long sharedIndex() {
        return replication.sharedIndex();
    }

    /** A leader's no-op, which must be covered before anything is acknowledged (protocol.md §2.6); 0 if none. */
    public long noOpIndex() {
        return leading == null ? 0 : leading.noOpIndex();
    }

    /** Whether it leads, its no-op is in the log, and it is not handing over. */
    public boolean takesWrites() {
        return leading != null && leading.transfer == null && log.lastIndex() >= leading.noOpIndex();
    }

    /** The replica that this leader is handing over to, or -1. */
    public int transferTarget() {
        return leading == null || leading.transfer == null ? -1 : leading.transfer.target();
    }

    /** The highest index that {@code count} replicas have on stable storage, this leader among them; 0 if not leading. */
    public long coveredBy(int count) {
        return leading == null ? 0 : Math.min(log.syncedIndex(), leading.coveredBy(count));
    }

    /** What a leader knows a replica that counts to have on stable storage; 0 if it does not count, or not leading. */
    public long matchIndex(int replica) {
        if (leading == null) {
            return 0;
        }
        return replica == options.self()
                ? log.syncedIndex()
                : leading.follower(replica).matchIndex();
    }

    /** The latest round of this leader that a majority confirmed; 0 if not leading. When election is none, every round. */
    public long confirmedRound() {
        if (leading == null) {
            return 0;
        }
        return options.elects() ? leading.confirmedRound() : Long.MAX_VALUE;
    }

    // ---- what happens ----------------------------------------------------------------------------------------------

    /** Under {@code election=none}: replica 0 begins to lead in a new term, which is durable before anything is sent. */
    public Effects lead() {
        Invariants.check(options.self() == 0, "replica %d cannot lead when election is none", options.self());
        effects = new Effects();
        save(new HardState(hardState.term() + 1, options.self()));
        become(Role.LEADER, Reason.FIXED_LEADER);
        return effects;
    }

    /**
     * A new set is formed around this replica's log: leads in a new term until all others hold it, and counts from then
     * on. Nobody else may lead meanwhile, since the others are joining and count in nothing.
     */
    public Effects leadRecovered() {
        Invariants.check(!member, "replica %d counts already", options.self());
        effects = new Effects();
        save(new HardState(hardState.term() + 1, options.self()));
        become(Role.LEADER, Reason.RECOVERED);
        return effects;
    }

    /** Stands without waiting for a time-out, where no leader can be alive: others are asked first all the same. */
    public Effects stand(Reason reason) {
        effects = new Effects();
        if (mayStand() && leading == null) {
            election.stand(reason);
        }
        return effects;
    }

    /** A message arrived. */
    public Effects step(Message message) {
        effects = new Effects();
        if (message.term() > hardState.term() && election.mayRaiseTerm(message)) {
            save(new HardState(message.term(), HardState.NOBODY));
            become(Role.FOLLOWER, Reason.HIGHER_TERM);
        }
        message.deliverTo(handler);
        return effects;
    }

    /**
     * Time passed on the monotonic clock.
     *
     * @param elapsedTicks since the last call, 0 or more; above one heartbeat interval the tick was late, which a leader
     *     counts in full and a follower as one heartbeat interval
     */
    public Effects tick(int elapsedTicks) {
        effects = new Effects();
        if (leading != null) {
            lead(leading, elapsedTicks);
        } else if (mayStand()) {
            election.pass(elapsedTicks);
        }
        return effects;
    }

    private void lead(Leader current, int elapsedTicks) {
        current.pass(elapsedTicks);
        if (options.elects() && current.ticksWithoutQuorum() > options.electionTicks()) {
            become(Role.FOLLOWER, Reason.QUORUM_LOST);
            return;
        }
        if (current.transfer != null) {
            current.transfer.pass(this, current, options, elapsedTicks);
        } else if (options.elects() && current.isSyncStalled()) {
            int target = bestTarget(replica -> true);
            if (target >= 0) {
                startTransfer(current, target, Reason.SYNC_STALLED);
            }
        }
        if (current.isHeartbeatDue()) {
            current.askRound();
            sendRound(current);
            joining.admit(current);
        }
    }

    /** The shell appended a leader's entries to the log (the no-op among them); not yet durable. */
    public Effects appended() {
        effects = new Effects();
        if (leading != null) {
            replication.replicate(leading);
        }
        return effects;
    }

    /** The log had no room for the entries of the last step, whose effects were not done: nothing was matched. */
    public void logChangeFailed() {
        replication.logChangeFailed();
    }

    /**
     * Bytes of a leader's snapshot were kept, or were not the ones wanted.
     *
     * @param request what they came with
     * @param receivedBytes how much of that snapshot there is, 0 or more
     */
    public Effects snapshotPartReceived(InstallRequest request, long receivedBytes) {
        effects = new Effects();
        send(replication.answer(request, receivedBytes, 0));
        return effects;
    }

    /** All of a leader's snapshot was received, found whole, and is on stable storage. */
    public Effects snapshotReceived(InstallRequest request) {
        effects = new Effects();
        if (request.term() == term() && leader == request.from()) {
            replication.onSnapshotReceived(request);
        } else {
            send(replication.answer(request, 0, 0));
        }
        return effects;
    }

    /** The log had no room for the no-op of this leader's term: it cannot lead. */
    public Effects noOpFailed() {
        effects = new Effects();
        become(Role.FOLLOWER, Reason.NO_SPACE);
        return effects;
    }

    /** The log's synced index moved. */
    public Effects synced() {
        effects = new Effects();
        if (leading != null) {
            replication.advanceCommit(leading);
        }
        return effects;
    }

    /** An append got no answer: nothing more is sent to that follower until {@link #resume}. */
    public void appendFailed(AppendRequest request) {
        requestFailed(request.to(), request.term(), request.sequence());
    }

    /** As {@link #appendFailed}, for a part of a snapshot. */
    public void installFailed(InstallRequest request) {
        requestFailed(request.to(), request.term(), request.sequence());
    }

    private void requestFailed(int to, long itsTerm, long sequence) {
        if (leading != null && itsTerm == term() && leading.follower(to).takes(sequence)) {
            leading.follower(to).failed();
        }
    }

    /** The pause after a failed append is over: the stream to that follower goes on. */
    public Effects resume(int follower) {
        effects = new Effects();
        if (leading != null) {
            leading.follower(follower).resume(log.snapshot());
            replication.replicate(leading, leading.follower(follower));
        }
        return effects;
    }

    // ---- rounds (read index, thesis §6.4) --------------------------------------------------------------------------

    /**
     * A read wants leadership confirmed from now on.
     *
     * @return the round, sent by the next {@link #sendRound}, that {@link #confirmedRound} must reach; 0 if not leading
     */
    public long askRound() {
        if (leading == null) {
            return 0;
        }
        return options.elects() ? leading.askRound() : 1;
    }

    /** Sends the round that reads asked for, if one was: all that gathered share it. */
    public Effects sendRound() {
        effects = new Effects();
        if (leading != null && options.elects()) {
            sendRound(leading);
        }
        return effects;
    }

    private void sendRound(Leader current) {
        long round = current.takeRoundToSend();
        if (round > 0) {
            for (Follower follower : current.followers()) {
                send(new Heartbeat(
                        options.self(),
                        follower.id(),
                        term(),
                        round,
                        commitIndex(),
                        follower.provenRound(),
                        current.provenIndex()));
            }
        }
    }

    // ---- handing over ----------------------------------------------------------------------------------------------

    /** Who would be handed over to: of those allowed, the one that counts and holds most; -1 if there is none. */
    public int bestTarget(IntPredicate allowed) {
        int best = -1;
        long held = -1;
        for (Follower follower : leading == null ? new Follower[0] : leading.followers()) {
            boolean answers = currentLeader().nowTick() - follower.contactTick() <= options.electionTicks();
            if (allowed.test(follower.id()) && follower.counts() && answers && follower.heldIndex() > held) {
                best = follower.id();
                held = follower.heldIndex();
            }
        }
        return best;
    }

    /**
     * Begins to hand over. Does nothing if this replica does not lead, does so already, the target does not count, or
     * nobody is elected in this set.
     *
     * @param target another replica, 0..N-1
     */
    public Effects transfer(int target, Reason reason) {
        effects = new Effects();
        if (options.elects()
                && leading != null
                && leading.transfer == null
                && leading.follower(target).counts()) {
            startTransfer(leading, target, reason);
        }
        return effects;
    }

    private void startTransfer(Leader current, int target, Reason reason) {
        current.transfer = new Transfer(target, reason);
        emit(new TransferStarted(target, term(), reason));
    }

    /** Tells the target of a transfer to stand once it may; called again whenever something moved. */
    public Effects handOver(boolean writesWait) {
        effects = new Effects();
        if (leading != null && leading.transfer != null) {
            leading.transfer.handOver(this, leading, options, log, writesWait);
        }
        return effects;
    }

    // ---- membership ------------------------------------------------------------------------------------------------

    /** The set was formed, and the shell stored that: this replica counts in it. */
    public void formed() {
        member = true;
    }

    /** A replica said that its directory is new and asks to join. */
    public Effects joinerHeard(int replica, long incarnation) {
        effects = new Effects();
        if (leading != null) {
            joining.heard(leading, replica, incarnation);
            replication.replicate(leading, leading.follower(replica));
        }
        return effects;
    }

    /** The shell appended the entry that {@link Effects#appendAdmit} asked for. */
    public void admitAppended(int replica, long index) {
        currentLeader().follower(replica).admitAppended(index);
    }

    // ---- roles -----------------------------------------------------------------------------------------------------

    /** The one transition: leaves the old role, enters the new one, says why. */
    void become(Role next, Reason reason) {
        leading = null;
        election.forget();
        replication.forgetMatch();
        role = next;
        leader = -1;
        if (next == Role.LEADER) {
            leader = options.self();
            leading = new Leader(options, log, term());
            effects.openTerm();
        } else if (next == Role.FOLLOWER) {
            election.restartTimer();
        }
        emit(new RoleChanged(role, term(), reason));
    }

    private void hearLeader(int from) {
        Invariants.check(role != Role.LEADER, "two leaders in term %d: %d and %d", term(), options.self(), from);
        Invariants.check(leader == -1 || leader == from, "two leaders in term %d: %d and %d", term(), leader, from);
        if (leader == -1) {
            become(Role.FOLLOWER, Reason.LEADER_HEARD);
            leader = from;
        }
        election.restartTimer();
    }

    private final Message.Handler handler = new Message.Handler() {
        @Override
        public void onAppendRequest(AppendRequest request) {
            if (request.term() < term()) {
                send(replication.refuse(request, 0));
                return;
            }
            hearLeader(request.from());
            replication.onAppendRequest(request);
        }

        @Override
        public void onAppendResponse(AppendResponse response) {
            if (leading == null || response.term() != term()) {
                ignore(response, "not an answer to this term's leader");
            } else {
                replication.onAppendResponse(leading, response);
            }
        }

        @Override
        public void onInstallRequest(InstallRequest request) {
            if (request.term() < term()) {
                send(replication.answer(request, 0, 0));
                return;
            }
            hearLeader(request.from());
            replication.onInstallRequest(request);
        }

        @Override
        public void onInstallResponse(InstallResponse response) {
            if (leading == null || response.term() != term()) {
                ignore(response, "not an answer to this term's leader");
            } else {
                replication.onInstallResponse(leading, response);
            }
        }

        @Override
        public void onHeartbeat(Heartbeat heartbeat) {
            if (heartbeat.term() == term()) {
                hearLeader(heartbeat.from());
                replication.followCommit(heartbeat.commitIndex());
            }
            // Rounds are counted anew in each term: one of an older term, late, confirms nothing in this one.
            long round = heartbeat.term() == term() ? heartbeat.round() : 0;
            send(new HeartbeatResponse(
                    options.self(), heartbeat.from(), term(), round, log.lastIndex(), commitIndex(), member));
        }

        @Override
        public void onHeartbeatResponse(HeartbeatResponse response) {
            if (leading == null || response.term() != term()) {
                ignore(response, "not an answer to this term's leader");
                return;
            }
            Follower follower = leading.follower(response.from());
            if (follower.takesRound(response.round())) {
                follower.answered(response.counts(), leading.nowTick());
                follower.confirmed(response.round());
                replication.advanceCommit(leading);
                replication.remind(leading, follower, response.commitIndex());
            }
        }

        @Override
        public void onPreVoteRequest(PreVoteRequest request) {
            election.onPreVoteRequest(request);
        }

        @Override
        public void onPreVoteResponse(PreVoteResponse response) {
            election.onPreVoteResponse(response);
        }

        @Override
        public void onVoteRequest(VoteRequest request) {
            election.onVoteRequest(request);
        }

        @Override
        public void onVoteResponse(VoteResponse response) {
            election.onVoteResponse(response);
        }

        @Override
        public void onTimeoutNow(TimeoutNow message) {
            election.onTimeoutNow(message);
        }

        @Override
        public void onAdmission(Admission message) {
            joining.onAdmission(message);
        }
    };

    // ---- what the conversations use --------------------------------------------------------------------------------

    boolean mayStand() {
        return options.elects() && member;
    }

    int votedFor() {
        return hardState.votedFor();
    }

    void becomeMember() {
        member = true;
        effects.becomeMember();
    }

    private Leader currentLeader() {
        Leader current = leading;
        if (current == null) {
            throw new InvariantViolation("replica " + options.self() + " does not lead in term " + term());
        }
        return current;
    }

    Effects effects() {
        return effects;
    }

    void save(HardState state) {
        boolean forward = state.term() > hardState.term()
                || (state.term() == hardState.term()
                        && (hardState.votedFor() == HardState.NOBODY || hardState.votedFor() == state.votedFor()));
        Invariants.check(forward, "term or vote went back from %s to %s", hardState, state);
        hardState = state;
        effects.save(state);
    }

    void send(Message message) {
        effects.add(message, hardState);
    }

    void emit(CoreEvent event) {
        effects.add(event);
    }

    void ignore(Message message, String why) {
        emit(new MessageIgnored(message, why));
    }
}
