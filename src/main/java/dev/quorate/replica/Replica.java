package dev.quorate.replica;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.NoSpaceException;
import dev.quorate.log.Wal;
import dev.quorate.protocol.CoreEvent;
import dev.quorate.protocol.CoreOptions;
import dev.quorate.protocol.Effects;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.ReplicaCore;
import dev.quorate.protocol.Role;
import dev.quorate.protocol.WriteConcern;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Store;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One replica that this process hosts: the shell around the core. A single-writer {@link Loop} feeds core, log and
 * store; other threads hand it work and hear of the result in a {@code Uni}, which emits on the loop; reads of the
 * newest state are answered on the caller's thread.
 */
public final class Replica {
    private static final Logger LOG = Logger.getLogger(Replica.class);
    private static final int BATCH_BYTES = 1 << 20;

    private final ReplicaOptions options;
    private final DataDirectory directory;
    private final Storage storage;
    private final Wal wal;
    private final Store store;
    private final ReplicaCore core;
    private final Loop loop;
    private final AckWaits waits;
    private final Streams streams;
    private final Formation formation;
    private final Reads reads;
    private final OwnReads own;
    private final Expiry expiry;
    private final Consumer<String> onFatal;
    private final ReplicaEvents events;
    private final DelayedReplies replies = new DelayedReplies();
    private boolean appended;
    private long syncedSeen;
    private volatile Membership membership;
    private @Nullable String awaiting = "the replica has just started";
    private volatile @Nullable String stopped;
    private volatile ReplicaView view;

    private Replica(
            ReplicaOptions options,
            DataDirectory directory,
            Peers peers,
            ReplicaListener listener,
            ClusterEvents journal,
            Consumer<String> onFatal)
            throws IOException {
        this.options = options;
        this.events = new ReplicaEvents(options, this::lastIndex, journal, listener);
        this.onFatal = onFatal;
        this.loop = new Loop("quorate-replica-" + options.id(), this::afterDrain, this::failed);
        this.directory = directory;
        this.waits = new AckWaits(options.replicas(), true);
        this.streams = new Streams(this, peers, loop, options.replicas(), events);
        this.formation = new Formation(this, peers, loop);
        this.reads = new Reads(this, peers);
        this.membership = Identity.open(directory, options);
        this.storage = new Storage(directory, options, new SyncRelay(loop, events), events);
        this.wal = storage.wal();
        this.store = storage.store();
        CoreOptions coreOptions =
                new CoreOptions(options.id(), options.replicas(), CoreOptions.Election.NONE, 1, 10, BATCH_BYTES);
        this.core = new ReplicaCore(
                coreOptions, new SplittableRandom(), storage.hardState(), true, storage.commitBound(), wal);
        this.own = new OwnReads(id(), store, wal, true);
        this.expiry = new Expiry(loop, List.of(now -> waits.expire(now, core), own::expire));
        this.view = picture();
    }

    /**
     * Opens the data directory, reads the log back, and is then ready for {@link #start}.
     *
     * @param onFatal told once, with a sentence, when the replica stopped for good; the process is to end
     * @throws IOException if the directory is in use, is another's, is damaged, or cannot be read or written
     */
    static Replica open(
            ReplicaOptions options,
            Peers peers,
            ReplicaListener listener,
            ClusterEvents journal,
            Consumer<String> onFatal)
            throws IOException {
        DataDirectory directory = DataDirectory.open(options.directory());
        try {
            return new Replica(options, directory, peers, listener, journal, onFatal);
        } catch (IOException | RuntimeException e) {
            // Not left locked: a live reload of dev mode opens it again in this very process.
            directory.close();
            throw e;
        }
    }

    // ---- start and end ---------------------------------------------------------------------------------------------

    /** Begins to take part: forms the set or joins it again, and replica 0 leads. */
    void start() {
        if (id() != 0) {
            // Before the loop runs: a leader's message may wait in it already, and must find this to clear it.
            await("no message from the leader, replica 0, yet");
        }
        loop.start();
        loop.offer(() -> {
            if (id() == 0 && membership.isFormed()) {
                lead();
            } else if (id() == 0) {
                formation.attempt();
            }
            beat();
        });
    }

    /** Ends in order: writes that wait are told that their outcome is unknown; the log is synced and closed. */
    void stop() {
        loop.offer(() -> {
            stopped = "the process is stopping";
            abandonWaits("the replica is stopping");
            loop.stop();
        });
        loop.join();
        try {
            storage.close();
        } catch (IOException e) {
            LOG.errorf("replica=%d could not close its log: %s", id(), e.getMessage());
        }
    }

    private void failed(Throwable cause) {
        stopped = String.valueOf(cause.getMessage());
        LOG.errorf(cause, "replica=%d stops for good; %s", id(), view);
        events.stopped(stopped);
        abandonWaits("the replica stopped");
        view = picture();
        onFatal.accept("replica " + id() + ": " + stopped);
    }

    private void abandonWaits(String why) {
        waits.abandon(why + "; the write may have been done");
        own.abandon(why);
        replies.abandon();
    }

    // ---- what edges ask --------------------------------------------------------------------------------------------

    /** Its id, 0..N-1. */
    public int id() {
        return options.id();
    }

    /** Its role as of now. */
    public Role role() {
        return view.role();
    }

    /** The latest term it has seen. */
    public long term() {
        return view.term();
    }

    ReplicaView view() {
        return view;
    }

    /** What truncations took from its log. */
    public Rollbacks rollbacks() {
        return storage.rollbacks();
    }

    PeerHealth health(int peer) {
        return streams.health(peer);
    }

    /**
     * Writes a record. Completes when as many replicas as the concern asks for have it on stable storage; emits on the
     * loop. Fails with {@link ReplicaException}, whose type tells the outcome; a time-out never undoes the write.
     *
     * @param value not copied
     * @throws IllegalArgumentException if the concern is outside 1..N
     */
    public Uni<Receipt> put(
            String key, byte[] value, @Nullable String contentType, WriteConcern concern, Duration timeout) {
        int required = concern.required(options.replicas());
        Uni<Receipt> write = Uni.createFrom().emitter(emitter -> {
            ByteBuffer payload = MutationCodec.put(
                    key, value, contentType, required, Clock.systemUTC().millis());
            long deadlineNanos = System.nanoTime() + timeout.toNanos();
            Write asked = new Write(key, value, payload, required, deadlineNanos, emitter);
            offer(emitter, () -> write(asked));
        });
        return write.onItemOrFailure()
                .invoke((receipt, failure) -> events.written(required, ReplicaException.outcome(failure)));
    }

    /**
     * The newest record of a leader.
     *
     * @throws ReplicaException.Unavailable if this replica does not lead or does not yet take requests
     */
    public ReadResult read(String key) {
        return own.newest(key, view);
    }

    /**
     * This replica's own record, or what read repair gave it.
     *
     * @throws ReplicaException.Unavailable if it stopped or belongs to no set yet
     */
    public ReadResult localRead(String key) {
        return own.local(key, view);
    }

    /**
     * The newest committed record of a leader, once all that was in its log when the read arrived is committed
     * (protocol.md §4). Emits on the loop; fails with {@link ReplicaException}.
     */
    public Uni<ReadResult> linearizableRead(String key, Duration timeout) {
        return waiting(timeout, (deadlineNanos, emitter) -> {
            if (!serves()) {
                throw new ReplicaException.Unavailable(view.whyNot(id()));
            }
            own.linearizable(key, deadlineNanos, emitter);
        });
    }

    /**
     * Emits the position, on the loop, once this replica has reached it. Fails with
     * {@link ReplicaException.PositionDiscarded} or {@link ReplicaException.ReadTimeout}.
     */
    public Uni<Position> reached(Position token, Duration timeout) {
        return waiting(timeout, (deadlineNanos, emitter) -> own.reached(token, deadlineNanos, emitter));
    }

    /**
     * Asks all replicas, takes the first {@code r} answers, and emits that of the highest position (protocol.md §4).
     * Fails with {@link ReplicaException.TooFewReplies}.
     *
     * @param r 1..N
     */
    public Uni<ReadResult> quorumRead(String key, int r, Duration timeout) {
        return reads.quorum(key, r, timeout);
    }

    /**
     * Emits the leader's newest record, or absence, after the replicas that are behind were given it (protocol.md §5).
     * Fails with {@link ReplicaException.Unavailable} if this replica does not lead.
     */
    public Uni<ReadResult> readWithRepair(String key, Duration timeout) {
        return reads.withRepair(key, timeout);
    }

    // ---- what other replicas ask -----------------------------------------------------------------------------------

    /** Takes a leader's entries; emits after they are synced. */
    public Uni<AppendResponse> onAppend(Envelope envelope, AppendRequest request) {
        return Uni.createFrom()
                .emitter(emitter -> offer(emitter, () -> {
                    acceptSender(envelope);
                    perform(core.step(request), emitter);
                    heard(request, request.entries().lastIndex(), request.commitIndex());
                }));
    }

    /** Hears that the leader leads. */
    public Uni<HeartbeatResponse> onHeartbeat(Envelope envelope, Heartbeat heartbeat) {
        return onLoop(() -> {
            acceptSender(envelope);
            Effects effects = core.step(heartbeat);
            perform(effects, null);
            heard(heartbeat, 0, heartbeat.commitIndex());
            return (HeartbeatResponse) effects.sendNow().get(0);
        });
    }

    /** Says who this replica is. */
    public Uni<PeerState> onHello(Envelope envelope) {
        return onLoop(() -> membership.asSeen());
    }

    /** Stores a proposed set, if this directory belongs to none yet and its incarnation is the one named. */
    public Uni<PeerState> onForm(Envelope envelope, long setId, List<Long> incarnations) {
        return onLoop(() -> {
            boolean sameSet = envelope.replicaSet().equals(options.replicaSet());
            if (!sameSet
                    || membership.isFormed()
                    || incarnations.size() != options.replicas()
                    || incarnations.get(id()) != membership.incarnation()) {
                throw new PeerException("replica " + id() + " cannot take part in that set");
            }
            saveMembership(membership.forming(setId, List.copyOf(incarnations)));
            return membership.asSeen();
        });
    }

    /** Its record of a key and its log's last position, at one instant; never from the overlay. */
    public Uni<Peers.ReadReply> onRead(Envelope envelope, String key) {
        return onLoop(() -> {
            acceptSender(envelope);
            return ownReply(key);
        });
    }

    /** Keeps the leader's record for local reads if it is of this term and ahead of this log. */
    public Uni<Boolean> onRepair(Envelope envelope, Peers.Repair repair) {
        return onLoop(() -> {
            acceptSender(envelope);
            return repair.term() == core.term()
                    && store.repair(
                            repair.key(), Values.stored(repair.value()), repair.at(), core.term(), wal.lastPosition());
        });
    }

    // ---- on the loop -----------------------------------------------------------------------------------------------

    Membership membership() {
        return membership;
    }

    long lastIndex() {
        return wal.lastIndex();
    }

    ReplicaEvents events() {
        return events;
    }

    Peers.ReadReply ownReply(String key) {
        return new Peers.ReadReply(id(), core.term(), wal.lastPosition(), Values.asSeen(store.get(key)));
    }

    /** As {@link #ownReply}, of a replica that belongs to its set. */
    Peers.ReadReply servedReply(String key) {
        if (!membership.isFormed()) {
            throw new ReplicaException.Unavailable(view.whyNot(id()));
        }
        return ownReply(key);
    }

    /** As {@link #ownReply}, of a leader that takes requests. */
    Peers.ReadReply leadersReply(String key) {
        view.requireServing(id());
        return ownReply(key);
    }

    void saveMembership(Membership next) {
        Identity.save(directory, next);
        membership = next;
    }

    void await(String why) {
        awaiting = why;
    }

    void lead() {
        awaiting = null;
        perform(core.lead(), null);
    }

    void take(Message answer) {
        perform(core.step(answer), null);
    }

    void appendFailed(AppendRequest request) {
        core.appendFailed(request);
    }

    void resume(int follower) {
        perform(core.resume(follower), null);
    }

    private void beat() {
        events.ticked(options.heartbeatInterval());
        perform(core.tick(1), null);
        loop.after(options.heartbeatInterval(), this::beat);
    }

    /** A write's turn: refused with nothing done, or appended, applied as newest, and waiting for its replicas. */
    private void write(Write write) {
        ReplicaException refusal = refusal(write.value().length);
        if (refusal != null) {
            write.emitter().fail(refusal);
            return;
        }
        long index;
        try {
            index = storage.append(core.term(), write.payload());
        } catch (NoSpaceException e) {
            write.emitter().fail(new ReplicaException.NoSpace("no space on the leader's disk; nothing was written"));
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        appended = true;
        events.wrote(index, write.key(), write.value(), write.required());
        waits.add(new Position(core.term(), index), write.required(), write.deadlineNanos(), write.emitter());
        expiry.expect(write.deadlineNanos());
    }

    private @Nullable ReplicaException refusal(int valueBytes) {
        if (core.role() != Role.LEADER || stopped != null) {
            return new ReplicaException.Unavailable(view.whyNot(id()));
        }
        if (waits.pending() >= options.pendingWrites()) {
            return new ReplicaException.Overloaded(options.pendingWrites() + " writes are waiting already");
        }
        if (store.undoBytes() > options.uncommittedBytes()) {
            return new ReplicaException.Overloaded("too many bytes are not committed yet");
        }
        if (store.sizeBytes() + valueBytes > options.storeSizeBytes()) {
            return new ReplicaException.NoSpace("the store holds " + store.sizeBytes() + " bytes of at most "
                    + options.storeSizeBytes() + "; nothing was written");
        }
        return null;
    }

    /** The sync thread got further: the core hears of it, and answers that waited for it leave. */
    private void takeSynced() {
        if (wal.syncedIndex() == syncedSeen) {
            return;
        }
        syncedSeen = wal.syncedIndex();
        perform(core.synced(), null);
        replies.release(syncedSeen);
    }

    /** Once a drain: one sync and one send for all that gathered, then the waits that moved, then the picture. */
    private void afterDrain() {
        wal.requestSync();
        if (appended) {
            appended = false;
            perform(core.appended(), null);
        }
        takeSynced();
        waits.complete(core);
        own.complete(core.commitIndex());
        view = picture();
    }

    /** Does what a step of the core asks, in its order: durable, log, commit, answers, events. */
    private void perform(Effects effects, @Nullable UniEmitter<? super AppendResponse> asker) {
        try {
            HardState hardState = effects.hardState();
            if (hardState != null) {
                // Synced before any message: a term forgotten in a crash could be led twice (Raft §5.1).
                storage.saveAndSync(hardState);
            }
            if (effects.appendNoOp()) {
                storage.openTerm(core.term());
                appended = true;
            }
            Effects.LogChange change = effects.logChange();
            if (change != null && !changeLog(change, asker)) {
                return;
            }
            if (effects.commitIndex() >= 0) {
                storage.committed(effects.commitIndex());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        send(effects, asker);
        effects.events().forEach(this::tell);
    }

    /** False if there was no room: the leader will try again, and nothing was promised. */
    private boolean changeLog(Effects.LogChange change, @Nullable UniEmitter<? super AppendResponse> asker)
            throws IOException {
        try {
            storage.change(change, core.term());
        } catch (NoSpaceException e) {
            core.logChangeFailed();
            if (asker != null) {
                asker.fail(new ReplicaException.NoSpace("replica " + id() + " has no space on its disk"));
            }
            return false;
        }
        // Behind a truncation the log may get no longer than it was: its sync must be seen all the same.
        syncedSeen = Math.min(syncedSeen, wal.syncedIndex());
        appended = true;
        return true;
    }

    private void send(Effects effects, @Nullable UniEmitter<? super AppendResponse> asker) {
        for (Message message : effects.sendNow()) {
            if (message instanceof AppendResponse response && asker != null) {
                asker.complete(response);
            } else if (!(message instanceof HeartbeatResponse)) {
                streams.send(message);
            }
        }
        for (Effects.Delayed delayed : effects.sendAfterSync()) {
            if (asker == null) {
                throw new IllegalStateException("nobody waits for " + delayed.message());
            }
            if (delayed.syncedIndex() <= wal.syncedIndex()) {
                asker.complete((AppendResponse) delayed.message());
            } else {
                replies.add(delayed.syncedIndex(), (AppendResponse) delayed.message(), asker);
            }
        }
    }

    private void tell(CoreEvent event) {
        if (event instanceof CoreEvent.RoleChanged changed) {
            if (changed.role() != Role.LEADER) {
                waits.abandon("replica " + id() + " no longer leads; the write may have been done");
                own.steppedDown("replica " + id() + " no longer leads");
            }
            awaiting = core.leader() == -1 ? "the leader of term " + changed.term() + " is not known yet" : null;
        }
        events.tell(event);
    }

    private void heard(Message message, long sentUpTo, long leadersCommitIndex) {
        if (message.term() == core.term()) {
            health(message.from()).heardAsLeader(sentUpTo, leadersCommitIndex);
        }
    }

    private void acceptSender(Envelope envelope) {
        if (!membership.admits(envelope)) {
            throw new PeerException("replica " + id() + " is of another set or incarnation than the message");
        }
        if (!membership.isFormed()) {
            saveMembership(membership.formed());
        }
    }

    // ---- small things ----------------------------------------------------------------------------------------------

    <T> Uni<T> onLoop(Supplier<T> work) {
        return Uni.createFrom().emitter(emitter -> offer(emitter, () -> emitter.complete(work.get())));
    }

    private <T> Uni<T> waiting(Duration timeout, BiConsumer<Long, UniEmitter<? super T>> add) {
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        return Uni.createFrom()
                .emitter(emitter -> offer(emitter, () -> {
                    add.accept(deadlineNanos, emitter);
                    expiry.expect(deadlineNanos);
                }));
    }

    /** Has work done on the loop; what it refuses goes to the asker, what breaks stops the replica. */
    private void offer(UniEmitter<?> emitter, Runnable work) {
        if (stopped != null) {
            emitter.fail(new ReplicaException.Unavailable(view.whyNot(id())));
            return;
        }
        loop.offer(new Asked(id(), emitter, work));
    }

    private boolean serves() {
        return core.role() == Role.LEADER && wal.lastIndex() >= core.noOpIndex() && stopped == null;
    }

    private ReplicaView picture() {
        return new ReplicaView(
                core.role(),
                core.term(),
                core.leader(),
                wal.lastPosition(),
                core.commitIndex(),
                wal.syncedIndex(),
                membership.stage(),
                membership.setId(),
                serves(),
                awaiting,
                stopped,
                waits.pending(),
                wal.sizeBytes());
    }
}
