package dev.quorate.replica;

import dev.quorate.log.NoSpaceException;
import dev.quorate.log.Wal;
import dev.quorate.protocol.CoreEvent.RoleChanged;
import dev.quorate.protocol.Effects;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Message.InstallResponse;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.VoteResponse;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.ReplicaCore;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Does what a step of the core asks, in its order: durable, log, commit, answers, events. Loop thread only. */
final class Performer {
    private static final Logger LOG = Logger.getLogger(Performer.class);

    private final Replica replica;
    private final ReplicaCore core;
    private final Storage storage;
    private final Wal wal;
    private final Streams streams;
    private final DelayedReplies replies = new DelayedReplies();
    private boolean appended;
    private long syncedSeen;

    Performer(Replica replica, ReplicaCore core, Storage storage, Streams streams) {
        this.replica = replica;
        this.core = core;
        this.storage = storage;
        this.wal = storage.wal();
        this.streams = streams;
    }

    void perform(Effects effects) {
        perform(effects, null);
    }

    /** @param asker waits for the answer that the effects hold, at once or after a sync */
    void perform(Effects effects, @Nullable UniEmitter<? super Message> asker) {
        try {
            if (!makeDurable(effects, asker)) {
                // The leader was heard all the same: who waits for this replica to lead is to know.
                effects.events().stream().filter(RoleChanged.class::isInstance).forEach(replica::tell);
                return;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        send(effects, asker);
        effects.events().forEach(replica::tell);
    }

    /** False if there was no room for a follower's entries: the leader will try again, and nothing was promised. */
    private boolean makeDurable(Effects effects, @Nullable UniEmitter<? super Message> asker) throws IOException {
        HardState hardState = effects.hardState();
        if (hardState != null) {
            // Synced before any message: a term or vote forgotten in a crash elects two leaders (Raft §5.1).
            storage.saveAndSync(hardState);
        }
        if (effects.admitted()) {
            replica.saveMembership(replica.membership().formed());
        }
        if (effects.appendNoOp()) {
            openTerm();
        }
        Effects.Joiner joiner = effects.appendAdmit();
        if (joiner != null) {
            admit(joiner);
        }
        Position snapshot = effects.install();
        if (snapshot != null && !install(snapshot, asker)) {
            return false;
        }
        Effects.LogChange change = effects.logChange();
        if (change != null && !changeLog(change, asker)) {
            return false;
        }
        if (effects.commitIndex() >= 0) {
            storage.committed(effects.commitIndex());
        }
        return true;
    }

    private void openTerm() throws IOException {
        try {
            storage.openTerm(core.term());
            appended = true;
        } catch (NoSpaceException e) {
            replica.later(() -> perform(core.noOpFailed()));
        }
    }

    private void admit(Effects.Joiner joiner) throws IOException {
        try {
            core.admitAppended(joiner.replica(), storage.admit(core.term(), joiner.replica(), joiner.incarnation()));
            appended = true;
        } catch (NoSpaceException e) {
            LOG.debugf("replica=%d has no room to admit replica %d, which asks again", replica.id(), joiner.replica());
        }
    }

    private boolean changeLog(Effects.LogChange change, @Nullable UniEmitter<? super Message> asker)
            throws IOException {
        try {
            storage.change(change, core.term());
        } catch (NoSpaceException e) {
            core.logChangeFailed();
            if (asker != null) {
                asker.fail(storage.noSpace("the disk of replica " + replica.id() + " is full", e));
            }
            return false;
        }
        if (change.truncateFrom() > 0) {
            // They would also keep the answers to the new leader waiting behind them, for indexes that may never come.
            replies.truncatedFrom(change.truncateFrom());
        }
        // Behind a truncation the log may get no longer than it was: its sync must be seen all the same.
        syncedSeen = Math.min(syncedSeen, wal.syncedIndex());
        appended = true;
        return true;
    }

    private boolean install(Position snapshot, @Nullable UniEmitter<? super Message> asker) throws IOException {
        try {
            replica.fromPeers().installation().install(snapshot, core.term());
        } catch (NoSpaceException e) {
            core.logChangeFailed();
            if (asker != null) {
                asker.fail(storage.noSpace("the disk of replica " + replica.id() + " is full", e));
            }
            return false;
        }
        replies.truncatedFrom(snapshot.index() + 1);
        syncedSeen = Math.min(syncedSeen, wal.syncedIndex());
        appended = true;
        return true;
    }

    private void send(Effects effects, @Nullable UniEmitter<? super Message> asker) {
        for (Message message : effects.sendNow()) {
            if (!isAnswer(message)) {
                if (message instanceof Heartbeat heartbeat) {
                    replica.reads().freshness().sending(heartbeat, System.nanoTime());
                }
                streams.send(message);
            } else if (asker != null) {
                asker.complete(message);
            }
        }
        for (Effects.Delayed delayed : effects.sendAfterSync()) {
            if (asker == null) {
                throw new IllegalStateException("nobody waits for " + delayed.message());
            }
            if (delayed.syncedIndex() <= wal.syncedIndex()) {
                asker.complete(delayed.message());
            } else {
                replies.add(delayed.syncedIndex(), delayed.message(), asker);
            }
        }
    }

    private static boolean isAnswer(Message message) {
        return message instanceof AppendResponse
                || message instanceof InstallResponse
                || message instanceof HeartbeatResponse
                || message instanceof PreVoteResponse
                || message instanceof VoteResponse;
    }

    /** A leader's own entries are in the log. */
    void appended() {
        appended = true;
    }

    /** Once a drain: one sync, one send and one round for all that gathered. */
    void afterDrain() {
        wal.requestSync();
        if (appended) {
            appended = false;
            perform(core.appended());
        }
        if (wal.syncedIndex() != syncedSeen) {
            syncedSeen = wal.syncedIndex();
            perform(core.synced());
            replies.release(syncedSeen);
        }
        perform(core.sendRound());
    }

    void abandon() {
        replies.abandon();
    }
}
