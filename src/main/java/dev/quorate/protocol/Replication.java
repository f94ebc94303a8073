package dev.quorate.protocol;

import dev.quorate.protocol.CoreEvent.FollowerAdvanced;
import dev.quorate.protocol.CoreEvent.FollowerConflict;
import dev.quorate.protocol.CoreEvent.InstallStarted;
import dev.quorate.protocol.CoreEvent.Installed;
import dev.quorate.protocol.CoreEvent.Truncated;
import dev.quorate.protocol.FollowerState.Installing;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Message.InstallResponse;

/** How entries get from a leader's log into a follower's (Raft §5.3), and what that commits (§5.4.2). */
final class Replication {
    private final ReplicaCore core;
    private final CoreOptions options;
    private final LogView log;

    // Volatile; after a start a lower bound read from disk, or 0.
    private long commitIndex;

    // Volatile, a follower's: highest index that it matched with this term's leader.
    private long matchedIndex;

    // What the two were before the last change of the log, should the log have no room for it.
    private long commitIndexBefore;
    private long matchedIndexBefore;

    Replication(ReplicaCore core, CoreOptions options, LogView log, long commitBound) {
        this.core = core;
        this.options = options;
        this.log = log;
        this.commitIndex = commitBound;
    }

    long commitIndex() {
        return commitIndex;
    }

    /** The highest index that a follower is known to share with this term's leader. */
    long sharedIndex() {
        return Math.max(commitIndex, matchedIndex);
    }

    // ---- a follower ------------------------------------------------------------------------------------------------

    /** Another leader may come: what was matched with the last one says nothing of it. */
    void forgetMatch() {
        matchedIndex = 0;
    }

    void logChangeFailed() {
        commitIndex = commitIndexBefore;
        matchedIndex = matchedIndexBefore;
    }

    void onAppendRequest(AppendRequest request) {
        Position previous = request.previous();
        if (previous.index() > log.lastIndex()) {
            core.send(refuse(request, log.lastIndex()));
        } else if (log.termAt(previous.index()) != previous.term()) {
            requireNotCommitted(previous.index());
            // The whole run of that term is skipped (Raft §5.3, end).
            core.send(refuse(request, Math.max(commitIndex, log.firstIndexOfTermAt(previous.index()) - 1)));
        } else {
            commitIndexBefore = commitIndex;
            matchedIndexBefore = matchedIndex;
            appendWhatIsNew(request);
            matchedIndex = Math.max(matchedIndex, request.entries().lastIndex());
            followCommit(request.commitIndex());
            core.send(answer(request, true, request.entries().lastIndex()));
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
            requireNotCommitted(firstNew);
            core.emit(new Truncated(firstNew, log.lastIndex(), core.term()));
        }
        core.effects().change(new Effects.LogChange(conflict ? firstNew : 0, entries, have));
    }

    private void requireNotCommitted(long index) {
        if (index <= commitIndex) {
            throw new CommittedConflict(index, commitIndex, core.term());
        }
    }

    /** Only what this term's leader is known to share may be committed here (protocol.md §2.4). */
    void followCommit(long leaderCommit) {
        commitUpTo(Math.min(leaderCommit, matchedIndex));
    }

    AppendResponse refuse(AppendRequest request, long hint) {
        return answer(request, false, hint);
    }

    private AppendResponse answer(AppendRequest request, boolean accepted, long index) {
        return new AppendResponse(
                options.self(), request.from(), core.term(), request.sequence(), accepted, index, core.isMember());
    }

    // ---- a follower that gets a snapshot ---------------------------------------------------------------------------

    /** What the log holds already, with the snapshot's term at its end, is the snapshot's own history (Raft §5.3). */
    void onInstallRequest(InstallRequest request) {
        if (holds(request.snapshot())) {
            follows(request.snapshot().index());
            core.send(answer(request, 0, request.snapshot().index()));
        } else {
            core.effects().receiveSnapshot();
        }
    }

    private boolean holds(Position snapshot) {
        return snapshot.index() <= commitIndex || log.termAt(snapshot.index()) == snapshot.term();
    }

    private void follows(long index) {
        matchedIndex = Math.max(matchedIndex, index);
        commitUpTo(index);
    }

    void onSnapshotReceived(InstallRequest request) {
        Position snapshot = request.snapshot();
        if (!holds(snapshot)) {
            commitIndexBefore = commitIndex;
            matchedIndexBefore = matchedIndex;
            core.emit(new Installed(snapshot, log.lastIndex(), request.from()));
            core.effects().install(snapshot);
        }
        follows(snapshot.index());
        core.send(answer(request, 0, snapshot.index()));
    }

    InstallResponse answer(InstallRequest request, long receivedBytes, long matchIndex) {
        return new InstallResponse(
                options.self(),
                request.from(),
                core.term(),
                request.sequence(),
                receivedBytes,
                matchIndex,
                core.isMember());
    }

    // ---- a leader --------------------------------------------------------------------------------------------------

    void onAppendResponse(Leader leading, AppendResponse response) {
        Follower follower = leading.follower(response.from());
        if (!follower.takes(response.sequence())) {
            core.ignore(response, "late or doubled");
            return;
        }
        follower.answered(response.counts(), leading.nowTick());
        if (response.accepted()) {
            accepted(leading, follower, response.matchIndex());
        } else {
            follower.refused(response.matchIndex());
            core.emit(new FollowerConflict(follower.id(), follower.state().nextIndex()));
        }
        replicate(leading, follower);
    }

    private void accepted(Leader leading, Follower follower, long matchIndex) {
        long before = follower.heldIndex();
        follower.accepted(matchIndex);
        if (matchIndex > before) {
            core.emit(new FollowerAdvanced(follower.id(), before, matchIndex));
        }
        advanceCommit(leading);
    }

    void onInstallResponse(Leader leading, InstallResponse response) {
        Follower follower = leading.follower(response.from());
        if (!follower.takes(response.sequence())) {
            core.ignore(response, "late or doubled");
            return;
        }
        follower.answered(response.counts(), leading.nowTick());
        if (response.matchIndex() > 0) {
            accepted(leading, follower, response.matchIndex());
        } else {
            follower.received(response.receivedBytes());
        }
        replicate(leading, follower);
    }

    void replicate(Leader leading) {
        for (Follower follower : leading.followers()) {
            replicate(leading, follower);
        }
    }

    /** One append in flight; what gathered meanwhile goes with the next. */
    void replicate(Leader leading, Follower follower) {
        if (!follower.isReady()) {
            return;
        }
        long next = follower.state().nextIndex();
        if (follower.state() instanceof Installing installing) {
            send(leading, follower, installing);
        } else if (next < log.firstIndex()) {
            core.emit(new InstallStarted(follower.id(), log.snapshot()));
            send(leading, follower, follower.installs(log.snapshot()));
        } else if (follower.isProbing() || next <= log.lastIndex()) {
            send(leading, follower, next);
        }
    }

    private void send(Leader leading, Follower follower, Installing installing) {
        long sequence = leading.nextSequence();
        follower.sent(sequence);
        core.send(new InstallRequest(
                options.self(),
                follower.id(),
                core.term(),
                sequence,
                installing.snapshot(),
                installing.receivedBytes()));
    }

    /**
     * A follower that restarted has forgotten what it matched; while there is nothing to send it, an empty append tells
     * it, and with it that what it holds is committed.
     *
     * @param itsCommitIndex the follower's commit index, as it answered a heartbeat
     */
    void remind(Leader leading, Follower follower, long itsCommitIndex) {
        long next = follower.state().nextIndex();
        boolean keeps = next >= log.firstIndex();
        if (follower.isReady() && itsCommitIndex < Math.min(commitIndex, follower.heldIndex()) && keeps) {
            send(leading, follower, next);
        }
    }

    private void send(Leader leading, Follower follower, long next) {
        Position previous = new Position(log.termAt(next - 1), next - 1);
        EntryBatch entries = log.batch(next, follower.isProbing() ? 1 : options.maxBatchBytes());
        long sequence = leading.nextSequence();
        follower.sent(sequence);
        core.send(new AppendRequest(
                options.self(), follower.id(), core.term(), sequence, previous, commitIndex, entries));
    }

    /**
     * What a majority covers is committed, and with it all before it, but only an entry of the leader's own term ends the
     * count (Raft §5.4.2). When election is none nothing can overtake the leader: what it has synced is committed
     * (protocol.md §6).
     */
    void advanceCommit(Leader leading) {
        long index = options.elects() ? leading.coveredBy(options.majority()) : log.syncedIndex();
        if (index > commitIndex && index >= leading.noOpIndex()) {
            Invariants.check(log.termAt(index) == core.term(), "entry %d is not of term %d", index, core.term());
            commitUpTo(index);
        }
    }

    private void commitUpTo(long index) {
        if (index > commitIndex) {
            commitIndex = index;
            core.effects().commit(index);
        }
    }
}
