package dev.quorate.replica;

import dev.quorate.log.ColdSegment;
import dev.quorate.log.DataDirectory;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.Wal;
import dev.quorate.protocol.CommittedConflict;
import dev.quorate.protocol.CoreEvent;
import dev.quorate.protocol.CoreEvent.RoleChanged;
import dev.quorate.protocol.CoreEvent.TransferGivenUp;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Reason;
import dev.quorate.protocol.ReplicaCore;
import dev.quorate.protocol.Role;
import dev.quorate.protocol.WriteConcern;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
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
    private static final Duration NO_SPACE_PAUSE = Duration.ofSeconds(1);

    private final ReplicaOptions options;
    private final DataDirectory directory;
    private final Storage storage;
    private final Wal wal;
    private final ReplicaCore core;
    private final Loop loop;
    private final Pulse pulse;
    private final Writes writes;
    private final Snapshots snapshots;
    private final Expirations expirations;
    private final Streams streams;
    private final Performer performer;
    private final PeerRequests fromPeers;
    private final Formation formation;
    private final Handover handover;
    private final ReplicaReads reads;
    private final Expiry expiry;
    private final StateCheck stateCheck;
    private final Consumer<String> onFatal;
    private final ReplicaEvents events;
    private final @Nullable String quarantined;
    private volatile Membership membership;
    private @Nullable String awaiting = "the replica has just started";
    private volatile @Nullable String stopped;
    private volatile boolean refillable;
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
        this.pulse = new Pulse(options.heartbeatInterval(), options.electionTimeout());
        this.events = new ReplicaEvents(options, this::lastIndex, journal, listener);
        this.onFatal = onFatal;
        this.loop = new Loop("quorate-replica-" + options.id(), this::afterDrain, this::failed);
        this.directory = directory;
        this.streams = new Streams(this, peers, loop, options.replicas(), events);
        this.formation = new Formation(this, peers, loop);
        Opening opened = Opening.open(directory, options, new SyncRelay(loop, events), events);
        this.membership = opened.membership();
        this.quarantined = opened.quarantined();
        this.storage = opened.storage();
        this.wal = storage.wal();
        this.core = new ReplicaCore(
                pulse.coreOptions(id(), options.replicas(), membership.elects(), BATCH_BYTES),
                new SplittableRandom(),
                opened.hardState(),
                membership.isFormed(),
                storage.commitBound(),
                wal);
        AckWaits waits = new AckWaits(options.replicas(), !membership.elects());
        this.expiry = new Expiry(loop);
        expiry.add(now -> waits.expire(now, core));
        Refusals refusals = new Refusals();
        expiry.add(refusals::expire);
        this.reads =
                new ReplicaReads(this, core, storage, peers, loop, expiry, options.replicas(), membership.elects());
        this.writes = new Writes(this, options, core, storage, waits, refusals, expiry);
        this.expirations = new Expirations(options, core, storage);
        this.performer = new Performer(this, core, storage, streams);
        this.handover = new Handover(this, core, performer, loop, options.electionTimeout());
        this.snapshots = new Snapshots(options, storage, loop, events);
        this.stateCheck = new StateCheck(this, storage.store(), peers, options.replicas());
        Installation installation = new Installation(this, core, performer, snapshots, loop);
        this.fromPeers = new PeerRequests(this, core, performer, storage, installation);
        this.view = picture();
        if (membership.isFormed() && !membership.elects()) {
            LOG.infof("replica=%d election=none: the set was formed so and keeps it; replica 0 leads", id());
        }
    }

    /**
     * Opens the data directory, reads the log back, and is then ready for {@link #start}.
     *
     * @param onFatal told once, with a sentence, when the replica stopped for good; the process is to end, unless it
     *     {@link #isRefillable}
     * @throws IOException if the directory is in use, is another's, cannot be read or written, or is damaged and no
     *     other replica can fill it again
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

    /**
     * Begins to take part: forms the set, joins it, or follows until there is reason to stand.
     *
     * @param standAtOnce whether no leader can be alive and this replica is the one to become it
     */
    void start(boolean standAtOnce) {
        if (!membership.takesPart() || membership.elects() || id() != 0) {
            // Before the loop runs: a leader's message may wait in it already, and must find this to clear it.
            await(membership.elects() ? "no leader was heard yet" : "no message from the leader, replica 0, yet");
        }
        loop.start();
        loop.offer(() -> {
            if (!membership.isFormed()) {
                formation.attempt();
            } else if (!membership.elects() && id() == 0) {
                lead();
            } else if (standAtOnce) {
                performer.perform(core.stand(Reason.FIRST_TO_STAND));
            }
            pulse.elapsedTicks();
            tick();
        });
    }

    /** Ends in order: writes that wait are told that their outcome is unknown; the log is synced and closed. */
    void stop() {
        loop.offer(() -> {
            stopped = "the process is stopping";
            abandon("the replica is stopping");
            loop.stop();
        });
        loop.join();
        snapshots.stop();
        try {
            storage.close();
        } catch (IOException e) {
            LOG.errorf("replica=%d could not close its log: %s", id(), e.getMessage());
        }
    }

    private void failed(Throwable cause) {
        String why = String.valueOf(cause.getMessage());
        boolean overtaken = cause instanceof CommittedConflict && canLoseWhatIsCommitted();
        if (overtaken) {
            why += ": under quorate.wal.sync=interval a power failure took it from a majority";
            events.damaged(why);
        } else {
            LOG.errorf(cause, "replica=%d stops for good; %s", id(), view);
            events.stopped(why);
        }
        stopped = why;
        refillable = overtaken;
        abandon("the replica stopped");
        view = picture();
        onFatal.accept("replica " + id() + ": " + why);
    }

    /** Not where nobody is elected: all followers would join at once, and nobody would be left to admit them. */
    private boolean canLoseWhatIsCommitted() {
        return options.wal().sync() == SyncPolicy.INTERVAL && membership.elects() && membership.canBeRefilled();
    }

    /** Whether it stopped for a log that another took the place of, and that the others can fill again. */
    boolean isRefillable() {
        return refillable;
    }

    private void abandon(String why) {
        writes.abandon(why);
        reads.abandon(why);
        handover.failed(why);
        performer.abandon();
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

    /** How long its log's sync under way has taken so far; zero where there is none. */
    Duration syncRunning() {
        return wal.syncRunning();
    }

    /** What other replicas ask. */
    public PeerRequests fromPeers() {
        return fromPeers;
    }

    ReplicaView view() {
        return view;
    }

    /** What truncations took from its log. */
    public Rollbacks rollbacks() {
        return storage.rollbacks();
    }

    /** Its snapshots. */
    public Snapshots snapshots() {
        return snapshots;
    }

    /** Whether its state is the others'. */
    StateCheck stateCheck() {
        return stateCheck;
    }

    PeerHealth health(int peer) {
        return streams.health(peer);
    }

    /** What can be read of it. */
    public ReplicaReads reads() {
        return reads;
    }

    /** As {@link #write}, of one record that is always written and lives for ever. */
    public Uni<Receipt> put(
            String key, byte[] value, @Nullable String contentType, WriteConcern concern, Duration timeout) {
        WriteOperation put = WriteOperation.put(key, value, contentType);
        return write(new WriteRequest(List.of(put), false, null, concern, timeout));
    }

    /**
     * Writes. Completes when as many replicas as the concern asks for have it on stable storage; emits on the loop. Fails
     * with {@link ReplicaException}, whose type tells the outcome; a time-out never undoes the write.
     *
     * @throws IllegalArgumentException if the concern is outside 1..N
     */
    public Uni<Receipt> write(WriteRequest request) {
        int required = request.concern().required(options.replicas());
        Uni<Receipt> write = Uni.createFrom().emitter(emitter -> {
            Write asked = Write.of(request, required, emitter);
            offer(emitter, () -> {
                if (writes.write(asked)) {
                    performer.appended();
                }
            });
        });
        return write.onItemOrFailure()
                .invoke((receipt, failure) -> events.written(required, ReplicaException.outcome(failure)));
    }

    /**
     * Hands leadership over. Emits the id of the replica that leads then, which is almost always the target. Fails with
     * {@link ReplicaException.Unavailable} if this replica does not lead, the target cannot take it, or it was not done
     * within two election time-outs: then this replica leads on.
     *
     * @param target 0..N-1; this replica itself: nothing is to be done
     */
    public Uni<Integer> transferLeadership(int target) {
        return handover.to(target);
    }

    /**
     * At an ordered stop: hands leadership over to one of those allowed, if this replica leads. Emits whether another
     * leads then; false if there was nobody to take it, or none of them took it in time.
     */
    Uni<Boolean> handOver(IntPredicate allowed) {
        return handover.toOneOf(allowed);
    }

    /** The files of its log that are written no more. */
    Uni<List<ColdSegment>> coldSegments() {
        return onLoop(wal::coldSegments);
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

    void saveMembership(Membership next) {
        Identity.save(directory, next);
        membership = next;
    }

    /** All have stored the set: this replica counts in it. */
    void becomeFormed() {
        saveMembership(membership.formed());
        core.formed();
    }

    PeerState asSeen() {
        Membership own = membership;
        List<Long> incarnations = IntStream.range(0, own.incarnations().size())
                .mapToObj(replica -> incarnation(own, replica))
                .toList();
        return own.asSeen(incarnations);
    }

    Envelope envelopeTo(int other) {
        Membership own = membership;
        long known = own.incarnations().isEmpty() ? 0 : incarnation(own, other);
        return new Envelope(own.replicaSet(), own.setId(), id(), other, own.incarnation(), known);
    }

    private long incarnation(Membership own, int replica) {
        long stored = own.incarnations().get(replica);
        return replica == own.replica()
                ? own.incarnation()
                : storage.admissions().incarnation(replica, stored);
    }

    void await(String why) {
        awaiting = why;
    }

    /** Another takes this directory for one that is no more: it hears of this one, and admits it again if it leads. */
    void announce(int other) {
        formation.announce(other);
    }

    /** It counts in its set: nothing keeps it from serving or following but a leader that is not known. */
    void settle() {
        awaiting = core.leader() == -1 ? "the leader of term " + core.term() + " is not known yet" : null;
    }

    boolean isStopped() {
        return stopped != null;
    }

    void later(Runnable work) {
        loop.offer(work);
    }

    void lead() {
        awaiting = null;
        performer.perform(core.lead());
    }

    /** As long as the others have not taken its log, this replica leads alone. */
    void leadRecovered() {
        if (core.role() != Role.LEADER) {
            performer.perform(core.leadRecovered());
        }
    }

    /** The set was formed just now: this replica, which formed it, is the first to stand. */
    void standFirst() {
        becomeFormed();
        if (membership.elects()) {
            performer.perform(core.stand(Reason.FIRST_TO_STAND));
        } else {
            lead();
        }
    }

    void take(Message answer) {
        performer.perform(core.step(answer));
    }

    void appendFailed(AppendRequest request) {
        core.appendFailed(request);
    }

    void installFailed(InstallRequest request) {
        core.installFailed(request);
    }

    void resume(int follower) {
        performer.perform(core.resume(follower));
    }

    void heard(int leader, long sentUpTo, long leadersCommitIndex) {
        events.heardLeader(leader);
        health(leader).heardAsLeader(sentUpTo, leadersCommitIndex);
    }

    private void tick() {
        reads.tick(System.nanoTime());
        events.ticked(pulse.tickLength());
        int ticks = pulse.elapsedTicks();
        if (membership.takesPart()) {
            performer.perform(core.tick(ticks));
            fromPeers.installation().forgetUnless(core.leader());
        }
        if (serves() && core.takesWrites() && expirations.look(System.nanoTime())) {
            performer.appended();
        }
        loop.after(pulse.tickLength(), this::tick);
    }

    private void afterDrain() {
        performer.afterDrain();
        writes.complete();
        reads.complete();
        if (core.transferTarget() >= 0) {
            performer.perform(core.handOver(writes.pending() > 0));
        }
        handover.look();
        view = picture();
    }

    /** What the shell itself makes of an event; {@link ReplicaEvents} tells it to everyone else. */
    void tell(CoreEvent event) {
        if (event instanceof RoleChanged changed) {
            if (changed.role() != Role.LEADER) {
                writes.abandon("replica " + id() + " no longer leads");
            }
            reads.roleChanged(changed.role());
            settle();
            if (changed.reason() == Reason.NO_SPACE && !membership.elects()) {
                // Nobody else ever leads this set.
                loop.after(NO_SPACE_PAUSE, this::lead);
            }
        } else if (event instanceof TransferGivenUp givenUp) {
            handover.failed("replica " + givenUp.target() + " did not take over in time");
        }
        events.tell(event);
    }

    // ---- small things ----------------------------------------------------------------------------------------------

    <T> Uni<T> onLoop(Supplier<T> work) {
        return Uni.createFrom().emitter(emitter -> offer(emitter, () -> emitter.complete(work.get())));
    }

    /** Has work done on the loop; what it refuses goes to the asker, what breaks stops the replica. */
    void offer(UniEmitter<?> emitter, Runnable work) {
        if (stopped != null) {
            emitter.fail(new ReplicaException.Unavailable(view.whyNot(id())));
            return;
        }
        loop.offer(new Asked(id(), emitter, work));
    }

    /** Whether it leads and takes requests, now. */
    boolean serves() {
        return core.role() == Role.LEADER
                && wal.lastIndex() >= core.noOpIndex()
                && membership.isFormed()
                && stopped == null;
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
                membership.isFormed() ? null : quarantined,
                awaiting,
                stopped,
                writes.pending(),
                wal.sizeBytes());
    }
}
