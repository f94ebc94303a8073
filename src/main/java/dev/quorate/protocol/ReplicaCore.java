package dev.quorate.protocol;

import dev.quorate.protocol.CoreEvent.FollowerAdvanced;
import dev.quorate.protocol.CoreEvent.FollowerConflict;
import dev.quorate.protocol.CoreEvent.MessageIgnored;
import dev.quorate.protocol.CoreEvent.RoleChanged;
import dev.quorate.protocol.CoreEvent.Truncated;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import org.jspecify.annotations.Nullable;

/**
 * The deterministic core of a replica: takes messages, ticks and storage results, returns {@link Effects}. It has no
 * clock, does no I/O, and is called by one thread. The shell does the effects of one call before it makes the next, so
 * that {@link LogView} always shows what the core last asked for.
 *
 * <p>The order of a step is that of Raft's Figure 2: the term once for all roles, then the role.
 */
public final class ReplicaCore {
    private final CoreOptions options;
    private final LogView log;

    // Durable: saved and synced before any message of the step that changed it.
    private HardState hardState;

    // Volatile; after a start a lower bound read from disk, or 0.
    private long commitIndex;
    private Role role = Role.FOLLOWER;
    private int leader = -1;

    // Volatile, a follower's: highest index that it matched with this term's leader.
    private long matchedIndex;

    // What the two were before the last change of the log, should the log have no room for it.
    private long commitIndexBefore;
    private long matchedIndexBefore;

    // Volatile, a leader's.
    private @Nullable Leader leading;

    private Effects effects = new Effects();

    /**
     * A core over what its replica found on disk.
     *
     * @param commitBound a lower bound of the commit index, 0..log.lastIndex()
     */
    public ReplicaCore(CoreOptions options, HardState hardState, long commitBound, LogView log) {
        Invariants.check(commitBound <= log.lastIndex(), "commit bound %d is beyond the log", commitBound);
        this.options = options;
        this.hardState = hardState;
        this.commitIndex = commitBound;
        this.log = log;
    }

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

    /** The highest index it knows to be committed. */
    public long commitIndex() {
        return commitIndex;
    }

    /** A leader's no-op, which must be covered before anything is acknowledged (protocol.md §2.6); 0 if none. */
    public long noOpIndex() {
        return leading == null ? 0 : leading.noOpIndex;
    }

    /** The highest index that {@code count} replicas have on stable storage, this leader among them; 0 if not leading. */
    public long coveredBy(int count) {
        return leading == null ? 0 : Math.min(log.syncedIndex(), Quorum.coveredBy(leading.matchIndexes(), count));
    }

    /** What a leader knows a replica to have on stable storage; 0 if not leading. */
    public long matchIndex(int replica) {
        if (leading == null) {
            return 0;
        }
        return replica == options.self()
                ? log.syncedIndex()
                : leading.follower(replica).matchIndex();
    }

    /** Under {@code election=none}: replica 0 begins to lead in a new term, which is durable before anything is sent. */
    public Effects lead() {
        Invariants.check(options.self() == 0, "replica %d cannot lead when election is none", options.self());
        effects = new Effects();
        save(new HardState(hardState.term() + 1, options.self()));
        becomeLeader(Reason.FIXED_LEADER);
        return effects;
    }

    /** A message arrived. */
    public Effects step(Message message) {
        effects = new Effects();
        if (message.term() > hardState.term()) {
            save(new HardState(message.term(), HardState.NOBODY));
            becomeFollower(Reason.HIGHER_TERM);
        }
        message.deliverTo(handler);
        return effects;
    }

    /** The shell appended a leader's entries to the log (the no-op among them); not yet durable. */
    public Effects appended() {
        effects = new Effects();
        replicate();
        return effects;
    }

    /** The log had no room for the entries of the last step, whose effects were not done: nothing was matched. */
    public void logChangeFailed() {
        commitIndex = commitIndexBefore;
        matchedIndex = matchedIndexBefore;
    }

    /** The log's synced index moved. */
    public Effects synced() {
        effects = new Effects();
        advanceCommit();
        return effects;
    }

    /** A heartbeat interval passed: a leader shows that it leads. */
    public Effects heartbeatDue() {
        effects = new Effects();
        if (leading != null) {
            leading.round++;
            for (Follower follower : leading.followers) {
                send(new Heartbeat(options.self(), follower.id(), term(), leading.round, commitIndex));
            }
        }
        return effects;
    }

    /** An append got no answer: nothing more is sent to that follower until {@link #resume}. */
    public void appendFailed(AppendRequest request) {
        if (leading != null
                && request.term() == term()
                && leading.follower(request.to()).takes(request.sequence())) {
            leading.follower(request.to()).failed();
        }
    }

    /** The pause after a failed append is over: the stream to that follower goes on. */
    public Effects resume(int follower) {
        effects = new Effects();
        if (leading != null) {
            leading.follower(follower).resume();
            replicate(leading.follower(follower));
        }
        return effects;
    }

    // ---- roles -----------------------------------------------------------------------------------------------------

    private void becomeLeader(Reason reason) {
        role = Role.LEADER;
        leader = options.self();
        leading = new Leader(options, log.lastIndex() + 1);
        effects.openTerm();
        effects.add(new RoleChanged(role, term(), reason));
    }

    private void becomeFollower(Reason reason) {
        role = Role.FOLLOWER;
        leader = -1;
        leading = null;
        matchedIndex = 0;
        effects.add(new RoleChanged(role, term(), reason));
    }

    private final Message.Handler handler = new Message.Handler() {
        @Override
        public void onAppendRequest(AppendRequest request) {
            if (request.term() < term()) {
                send(refuse(request, 0));
                return;
            }
            hearLeader(request.from());
            takeEntries(request);
        }

        @Override
        public void onAppendResponse(AppendResponse response) {
            if (leading == null || response.term() != term()) {
                ignore(response, "not an answer to this term's leader");
            } else {
                takeAnswer(leading.follower(response.from()), response);
            }
        }

        @Override
        public void onHeartbeat(Heartbeat heartbeat) {
            if (heartbeat.term() == term()) {
                hearLeader(heartbeat.from());
                followCommit(heartbeat.commitIndex());
            }
            send(new HeartbeatResponse(
                    options.self(), heartbeat.from(), term(), heartbeat.round(), log.lastIndex(), commitIndex));
        }

        @Override
        public void onHeartbeatResponse(HeartbeatResponse response) {
            if (leading == null || response.term() != term()) {
                ignore(response, "not an answer to this term's leader");
            }
        }
    };

    // ---- a follower ------------------------------------------------------------------------------------------------

    private void hearLeader(int from) {
        Invariants.check(role == Role.FOLLOWER, "two leaders in term %d: %d and %d", term(), options.self(), from);
        Invariants.check(leader == -1 || leader == from, "two leaders in term %d: %d and %d", term(), leader, from);
        if (leader == -1) {
            leader = from;
            effects.add(new RoleChanged(role, term(), Reason.LEADER_HEARD));
        }
    }

    private void takeEntries(AppendRequest request) {
        Position previous = request.previous();
        if (previous.index() > log.lastIndex()) {
            send(refuse(request, log.lastIndex()));
        } else if (log.termAt(previous.index()) != previous.term()) {
            // The whole run of that term is skipped (Raft §5.3, end).
            send(refuse(request, Math.max(commitIndex, log.firstIndexOfTermAt(previous.index()) - 1)));
        } else {
            commitIndexBefore = commitIndex;
            matchedIndexBefore = matchedIndex;
            appendWhatIsNew(request);
            matchedIndex = Math.max(matchedIndex, request.entries().lastIndex());
            followCommit(request.commitIndex());
            send(accept(request));
        }
    }

    /** A suffix goes only where an entry's term differs: a late request must not cut what a newer one brought. */
    private void appendWhatIsNew(AppendRequest request) {
        EntryBatch entries = request.entries();
        int have = 0;
        while (have < entries.count() && log.termAt(entries.firstIndex() + have) == entries.term(have)) {
            have++;
        }
        if (have == entries.count()) {
            return;
        }
        long firstNew = entries.firstIndex() + have;
        boolean conflict = firstNew <= log.lastIndex();
        if (conflict) {
            Invariants.check(firstNew > commitIndex, "entry %d is committed and conflicts", firstNew);
            effects.add(new Truncated(firstNew, log.lastIndex(), term()));
        }
        effects.change(new Effects.LogChange(conflict ? firstNew : 0, entries, have));
    }

    /** Only what this term's leader is known to share may be committed here (protocol.md §2.4). */
    private void followCommit(long leaderCommit) {
        long index = Math.min(leaderCommit, matchedIndex);
        if (index > commitIndex) {
            commitIndex = index;
            effects.commit(index);
        }
    }

    private AppendResponse accept(AppendRequest request) {
        return new AppendResponse(
                options.self(),
                request.from(),
                term(),
                request.sequence(),
                true,
                request.entries().lastIndex());
    }

    private AppendResponse refuse(AppendRequest request, long hint) {
        return new AppendResponse(options.self(), request.from(), term(), request.sequence(), false, hint);
    }

    // ---- a leader --------------------------------------------------------------------------------------------------

    private void takeAnswer(Follower follower, AppendResponse response) {
        if (!follower.takes(response.sequence())) {
            ignore(response, "late or doubled");
            return;
        }
        long before = follower.matchIndex();
        if (response.accepted()) {
            follower.accepted(response.matchIndex());
            if (response.matchIndex() > before) {
                effects.add(new FollowerAdvanced(follower.id(), before, response.matchIndex()));
            }
            advanceCommit();
        } else {
            follower.refused(response.matchIndex());
            effects.add(new FollowerConflict(follower.id(), follower.state().nextIndex()));
        }
        replicate(follower);
    }

    private void replicate() {
        if (leading != null) {
            for (Follower follower : leading.followers) {
                replicate(follower);
            }
        }
    }

    /** One append in flight; what gathered meanwhile goes with the next. */
    private void replicate(Follower follower) {
        long next = follower.state().nextIndex();
        boolean probing = follower.isProbing();
        if (!follower.isReady() || (!probing && next > log.lastIndex())) {
            return;
        }
        Position previous = new Position(log.termAt(next - 1), next - 1);
        EntryBatch entries = log.batch(next, probing ? 1 : options.maxBatchBytes());
        long sequence = currentLeader().nextSequence();
        follower.sent(sequence);
        send(new AppendRequest(options.self(), follower.id(), term(), sequence, previous, commitIndex, entries));
    }

    /**
     * When election is none nothing can overtake the leader, so what it has synced is committed (protocol.md §6). Only
     * an entry of its own term ends the count (Raft §5.4.2), which brings all earlier ones with it.
     */
    private void advanceCommit() {
        if (leading == null) {
            return;
        }
        long index = log.syncedIndex();
        if (index > commitIndex && index >= leading.noOpIndex) {
            Invariants.check(log.termAt(index) == term(), "entry %d is not of term %d", index, term());
            commitIndex = index;
            effects.commit(index);
        }
    }

    private Leader currentLeader() {
        Leader current = leading;
        if (current == null) {
            throw new InvariantViolation("replica " + options.self() + " does not lead in term " + term());
        }
        return current;
    }

    // ---- exits -----------------------------------------------------------------------------------------------------

    private void save(HardState state) {
        Invariants.check(state.term() >= hardState.term(), "term went back from %s to %s", hardState, state);
        hardState = state;
        effects.save(state);
    }

    private void send(Message message) {
        effects.add(message, hardState);
    }

    private void ignore(Message message, String why) {
        effects.add(new MessageIgnored(message, why));
    }

    /** What only a leader has; gone when it steps down. */
    private final class Leader {
        private final Follower[] followers;
        private final long noOpIndex;
        private long round;
        private long sequence;

        Leader(CoreOptions options, long noOpIndex) {
            this.noOpIndex = noOpIndex;
            this.followers = new Follower[options.replicas() - 1];
            int at = 0;
            for (int id = 0; id < options.replicas(); id++) {
                if (id != options.self()) {
                    followers[at++] = new Follower(id, noOpIndex);
                }
            }
        }

        Follower follower(int id) {
            Invariants.check(id != options.self() && id >= 0 && id <= followers.length, "no follower %d", id);
            return followers[id < options.self() ? id : id - 1];
        }

        long nextSequence() {
            return ++sequence;
        }

        long[] matchIndexes() {
            long[] matches = new long[followers.length + 1];
            for (int i = 0; i < followers.length; i++) {
                matches[i] = followers[i].matchIndex();
            }
            matches[followers.length] = log.syncedIndex();
            return matches;
        }
    }
}
