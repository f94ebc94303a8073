package dev.quorate.replica;

import dev.quorate.log.Wal;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.ReplicaCore;
import dev.quorate.protocol.Role;
import dev.quorate.store.Store;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What edges read of a replica, at every level (protocol.md §4). Reads of the newest state are answered on the caller's
 * thread; a {@code Uni} emits on the loop and fails with {@link ReplicaException}.
 */
public final class ReplicaReads {
    private final Replica replica;
    private final ReplicaCore core;
    private final Wal wal;
    private final Store store;
    private final Expiry expiry;
    private final Freshness freshness;
    private final OwnReads own;
    private final Reads several;
    private final Watches watches;
    private final Listing listing;
    private final Loop loop;

    // Loop thread only.
    private final ArrayDeque<Asked> pages = new ArrayDeque<>();

    /** @param elects as of {@link Membership#elects} */
    ReplicaReads(
            Replica replica,
            ReplicaCore core,
            Storage storage,
            Peers peers,
            Loop loop,
            Expiry expiry,
            int replicas,
            boolean elects) {
        this.replica = replica;
        this.core = core;
        this.wal = storage.wal();
        this.store = storage.store();
        this.expiry = expiry;
        this.freshness = new Freshness(replicas == 1 || !elects);
        this.own = new OwnReads(replica.id(), store, wal, freshness, !elects);
        this.several = new Reads(replica, this, peers);
        this.watches = new Watches(replica.id(), wal, loop);
        this.listing = new Listing(replica.id(), store, wal, freshness, !elects);
        this.loop = loop;
        expiry.add(own::expire);
    }

    // ---- any thread ------------------------------------------------------------------------------------------------

    /**
     * The newest record of a leader.
     *
     * @throws ReplicaException.Unavailable if this replica does not lead or does not yet take requests
     */
    public ReadResult newest(String key) {
        return own.newest(key, replica.view());
    }

    /**
     * This replica's own record, or what read repair gave it.
     *
     * @throws ReplicaException.Unavailable if it stopped or belongs to no set yet
     */
    public ReadResult local(String key) {
        return own.local(key, replica.view());
    }

    /**
     * The newest committed record of a leader, once a majority confirmed that it still leads, in a round sent after the
     * read arrived, and all that was in its log then is committed (protocol.md §4; thesis §6.4).
     */
    public Uni<ReadResult> linearizable(String key, Duration timeout) {
        return waiting(timeout, (deadlineNanos, emitter) -> {
            requireServing();
            own.linearizable(key, core.askRound(), deadlineNanos, emitter);
        });
    }

    /**
     * Asks all replicas, takes the first {@code r} answers, and emits that of the highest position (protocol.md §4).
     * Fails with {@link ReplicaException.TooFewReplies}.
     *
     * @param r 1..N
     */
    public Uni<ReadResult> quorum(String key, int r, Duration timeout) {
        return several.quorum(key, r, timeout);
    }

    /**
     * Emits the leader's newest record, or absence, after the replicas that are behind were given it (protocol.md §5).
     * Fails with {@link ReplicaException.Unavailable} if this replica does not lead.
     */
    public Uni<ReadResult> withRepair(String key, Duration timeout) {
        return several.withRepair(key, timeout);
    }

    /**
     * Emits the position once this replica has reached it. Fails with {@link ReplicaException.PositionDiscarded} or
     * {@link ReplicaException.PositionNotReached}.
     */
    public Uni<Position> reached(Position token, Duration timeout) {
        return waiting(timeout, (deadlineNanos, emitter) -> own.reached(token, false, deadlineNanos, emitter));
    }

    /** What became of the entry at a position, as far as this replica knows. */
    public Uni<EntryOutcome> outcome(Position position) {
        return replica.onLoop(() -> {
            replica.view().requireFormed(replica.id());
            return own.outcome(position, core.commitIndex());
        });
    }

    /** A page of a leader's committed state, as {@link #linearizable} reads one key. */
    public Uni<KeyPage> pageLinearizable(KeyPage.Range range, Duration timeout) {
        Uni<Long> arrived = waiting(timeout, (deadlineNanos, emitter) -> {
            requireServing();
            own.confirmed(core.askRound(), deadlineNanos, emitter);
        });
        // What was committed by then stays, whoever leads when the page's turn comes.
        return arrived.chain(nanos -> page(() -> listing.committed(range, core.role(), core.commitIndex(), nanos)));
    }

    /** A page of a leader's newest state. Fails with {@link ReplicaException.Unavailable}. */
    public Uni<KeyPage> pageNewest(KeyPage.Range range) {
        return page(() -> {
            requireServing();
            return listing.newest(range, core.role(), core.commitIndex());
        });
    }

    /** A page of what this replica has, without what read repair gave it. Fails with {@link ReplicaException.Unavailable}. */
    public Uni<KeyPage> pageLocal(KeyPage.Range range) {
        return page(() -> {
            replica.view().requireFormed(replica.id());
            return listing.newest(range, core.role(), core.commitIndex());
        });
    }

    /** Pages take turns, so that many at once hold up no writer. */
    private Uni<KeyPage> page(Supplier<KeyPage> made) {
        return Uni.createFrom().emitter(emitter -> {
            Asked page = new Asked(replica.id(), emitter, () -> emitter.complete(made.get()));
            replica.offer(emitter, () -> pages.add(page));
        });
    }

    /**
     * Emits the committed changes of keys with that prefix, as many at a time as there are and one piece of the log has, once
     * this replica knows what to begin with; nothing is watched until the stream is subscribed to. Fails with {@link ReplicaException.Compacted},
     * {@link ReplicaException.TooManyWatchers} and as {@link #reached} does.
     *
     * @param from the position whose entry is the last one not told; null for what is committed now
     * @param limit how many watchers there may be
     */
    public Uni<Multi<List<WatchItem>>> watch(String prefix, @Nullable Position from, int limit, Duration timeout) {
        Uni<Position> begin = from == null
                ? replica.onLoop(this::committed)
                : waiting(timeout, (deadlineNanos, emitter) -> own.reached(from, true, deadlineNanos, emitter));
        return begin.chain(position -> replica.onLoop(() -> {
            replica.view().requireFormed(replica.id());
            return watches.open(prefix, position, limit);
        }));
    }

    /** How many watch now. Any thread. */
    int watching() {
        return watches.watchers();
    }

    /** Ends all watches, now and later; each is told where to go on. */
    void endWatches(String why) {
        watches.end(why);
    }

    private <T> Uni<T> waiting(Duration timeout, BiConsumer<Long, UniEmitter<? super T>> add) {
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        return Uni.createFrom()
                .emitter(emitter -> replica.offer(emitter, () -> {
                    add.accept(deadlineNanos, emitter);
                    expiry.expect(deadlineNanos);
                }));
    }

    // ---- the loop --------------------------------------------------------------------------------------------------

    Freshness freshness() {
        return freshness;
    }

    /** Of a replica that counts in its set. */
    Peers.ReadReply served(String key) {
        if (!replica.membership().isFormed()) {
            throw new ReplicaException.Unavailable(replica.view().whyNot(replica.id()));
        }
        return new Peers.ReadReply(
                replica.id(),
                core.term(),
                wal.lastPosition(),
                core.commitIndex(),
                freshness.stalenessMs(core.role()),
                Values.asSeen(store.get(key)));
    }

    /** Of a leader that takes requests. */
    Peers.ReadReply leaders(String key) {
        requireServing();
        return served(key);
    }

    /** Judged now, not by the picture of the last drain: another may have been heard to lead since. */
    private void requireServing() {
        if (!replica.serves()) {
            throw new ReplicaException.Unavailable(replica.view().whyNot(replica.id()));
        }
    }

    private Position committed() {
        return new Position(wal.termAt(core.commitIndex()), core.commitIndex());
    }

    /** At every tick. */
    void tick(long nowNanos) {
        watches.tick(nowNanos);
    }

    /** Once a drain: answers what log, commit index and confirmed round cover by now. */
    void complete() {
        freshness.look(core.role(), core.term(), core.confirmedRound(), core.sharedIndex());
        own.complete(core.commitIndex(), core.confirmedRound());
        watches.look(core.commitIndex());
        Asked page = pages.poll();
        if (page != null) {
            page.run();
        }
        if (!pages.isEmpty()) {
            loop.offer(() -> {}); // another drain: what it has to do comes between two pages
        }
    }

    /** This replica has another role. */
    void roleChanged(Role role) {
        if (role != Role.LEADER) {
            own.steppedDown("replica " + replica.id() + " no longer leads");
        }
    }

    /** This replica stopped. */
    void abandon(String why) {
        own.abandon(why);
        watches.abandon(why);
        pages.forEach(Asked::abandon);
        pages.clear();
    }
}
