package dev.quorate.replica;

import dev.quorate.log.Wal;
import dev.quorate.protocol.Position;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who watches a replica's committed changes. A watcher has no buffer of its own, only a place in the log. What was
 * committed lately is kept in memory while there are watchers, copied once for all of them; one who is further behind has
 * the loop copy what it lacks, a piece at a time, until it has caught up. One who had, and lets more pass than is kept, is
 * cut off. Copies are read, and watchers told, on other threads than the loop's, which waits for none of them. Those who
 * wait are told in turns, each followed by a pause for what it cost: with more of them each is told more at a time instead
 * of the machine more often. All together have only so many bytes of changes in their hands: those beyond that wait until others
 * ask for more, or are gone.
 */
final class Watches {
    private static final Duration IDLE = Duration.ofSeconds(10);
    private static final int KEPT_BYTES = 16 << 20;
    private static final long IN_HANDS_BYTES = 8 << 20;
    private static final int PIECE_BYTES = 256 << 10;
    /** Of the log, read for one watcher at a time once there is something to tell it. */
    private static final int BATCH_BYTES = 64 << 10;

    private static final int TURN_WATCHERS = 50;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    /** Of pause for each watcher that was told: to wake a connection and its reader costs about as much on one processor. */
    private static final long TOLD_NANOS =
            TimeUnit.MICROSECONDS.toNanos(200) / Runtime.getRuntime().availableProcessors();
    /** Of pause for each watcher that was looked at. */
    private static final long LOOKED_NANOS = TimeUnit.MICROSECONDS.toNanos(2);

    private static final long NOBODY_WATCHES = -1;
    private static final long BEAT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final int replica;
    private final Wal wal;
    private final Loop loop;
    private final ScheduledExecutorService executor;
    private final Duration idle;
    private final RecentPieces recent;
    private final ConcurrentLinkedQueue<Waiter> waiters = new ConcurrentLinkedQueue<>();
    /** Zero while no turn is planned or under way: how often one was asked for since the last began. */
    private final AtomicInteger turnsAsked = new AtomicInteger();

    private volatile long nextTurnNanos = System.nanoTime();
    private final AtomicInteger watchers = new AtomicInteger();
    private final long mostInHands;
    private final AtomicLong inHands = new AtomicLong();

    // Loop thread only.
    private final ArrayDeque<CatchUp> catchUps = new ArrayDeque<>();
    private long beatNanos = System.nanoTime();

    // Written by the loop: all up to here was copied for those who have caught up.
    private volatile long told = NOBODY_WATCHES;
    private volatile @Nullable String ended;

    Watches(int replica, Wal wal, Loop loop) {
        this(replica, wal, loop, Infrastructure.getDefaultWorkerPool(), IDLE, KEPT_BYTES, IN_HANDS_BYTES);
    }

    /**
     * Of a replica.
     *
     * @param idle how long a watcher is told nothing before it is told where it is
     * @param keptBytes how much of the log is kept in memory while there are watchers
     * @param mostInHands from how many bytes on, that watchers were given and did not ask for more since, others wait
     */
    Watches(
            int replica,
            Wal wal,
            Loop loop,
            ScheduledExecutorService executor,
            Duration idle,
            long keptBytes,
            long mostInHands) {
        this.replica = replica;
        this.wal = wal;
        this.loop = loop;
        this.executor = executor;
        this.idle = idle;
        this.recent = new RecentPieces(keptBytes);
        this.mostInHands = mostInHands;
    }

    /** Touched by one thread at a time: who asks for more, then who tells it. */
    private static final class Watcher {
        private final String prefix;
        private Position read;
        private boolean greeted;
        /** Whether it was told all there was, once: from then on it can be too slow. */
        private boolean caughtUp;

        private volatile boolean gone;
        private long inHandBytes;

        Watcher(String prefix, Position read) {
            this.prefix = prefix;
            this.read = read;
        }

        long next() {
            return read.index() + 1;
        }

        /** It is given that much; what it will never take is not counted. */
        synchronized long give(long bytes) {
            long given = gone ? 0 : bytes;
            inHandBytes += given;
            return given;
        }

        /** It has taken what it was given, or will not. */
        synchronized long taken(boolean andGone) {
            long bytes = inHandBytes;
            inHandBytes = 0;
            gone |= andGone;
            return bytes;
        }
    }

    private record Waiter(Watcher watcher, UniEmitter<? super List<WatchItem>> emitter, long sinceNanos) {}

    private record CatchUp(Watcher watcher, UniEmitter<? super Optional<WatchPiece>> emitter) {}

    // ---- the loop --------------------------------------------------------------------------------------------------

    /**
     * The changes behind a position, of keys with that prefix, and then those to come, one or more at a time. Nothing happens
     * until it is subscribed to; items are emitted when asked for, on any thread. Fails first of all with
     * {@link ReplicaException.TooManyWatchers} where others came between.
     *
     * @param from a committed position
     * @param limit how many watchers there may be
     * @throws ReplicaException.Compacted if what follows the position is no longer in the log
     * @throws ReplicaException.TooManyWatchers if there are that many
     */
    Multi<List<WatchItem>> open(String prefix, Position from, int limit) {
        checkKept(from);
        if (watchers.get() >= limit) {
            throw new ReplicaException.TooManyWatchers(limit);
        }
        return Multi.createFrom().deferred(() -> {
            Watcher watcher = new Watcher(prefix, from);
            if (watchers.incrementAndGet() > limit) { // others came since
                watchers.decrementAndGet();
                return Multi.createFrom().failure(new ReplicaException.TooManyWatchers(limit));
            }
            return Multi.createBy()
                    .repeating()
                    .uni(() -> next(watcher))
                    .whilst(items -> !(items.get(items.size() - 1) instanceof WatchItem.End))
                    .onTermination()
                    .invoke(() -> {
                        watchers.decrementAndGet();
                        letGo(watcher.taken(true));
                    });
        });
    }

    private void checkKept(Position from) {
        long first = wal.firstIndex();
        if (from.index() + 1 < first) {
            throw new ReplicaException.Compacted(from, new Position(wal.termAt(first - 1), first - 1));
        }
    }

    /** Once a drain: copies what was committed since, and what one who is behind lacks, a bounded piece of each. */
    void look(long commitIndex) {
        if (told != NOBODY_WATCHES && watchers.get() == 0) {
            recent.clear();
            told = NOBODY_WATCHES;
        }
        serveCatchUp(commitIndex);
        boolean behind = told != NOBODY_WATCHES && told < commitIndex;
        if (behind && told + 1 < wal.firstIndex()) {
            recent.clear(); // a snapshot took the place of what is missing; those who lack it will find out
            told = commitIndex;
            tell();
        } else if (behind) {
            WatchPiece piece = copy(told + 1, commitIndex, PIECE_BYTES);
            recent.add(piece);
            told = piece.last().index();
            tell();
        }
        if ((!catchUps.isEmpty() && !handsAreFull()) || (behind && told < commitIndex)) {
            loop.offer(() -> {}); // another drain: what it has to do comes between two pieces
        }
    }

    private WatchPiece copy(long fromIndex, long toIndex, int bytes) {
        return new WatchPiece(wal.batch(fromIndex, toIndex, bytes));
    }

    private boolean handsAreFull() {
        return inHands.get() > mostInHands;
    }

    private void serveCatchUp(long commitIndex) {
        CatchUp next = handsAreFull() ? null : catchUps.poll();
        if (next == null || next.watcher.gone) {
            return;
        }
        try {
            checkKept(next.watcher.read);
            if (told == NOBODY_WATCHES) {
                told = commitIndex;
            }
            boolean all = next.watcher.next() > told;
            next.emitter.complete(all ? Optional.empty() : Optional.of(copyFor(next.watcher)));
        } catch (ReplicaException.Compacted e) {
            next.emitter.fail(e);
        }
    }

    /** Counted from here on: copies would else gather in front of who reads them. */
    private WatchPiece copyFor(Watcher watcher) {
        WatchPiece piece = copy(watcher.next(), told, BATCH_BYTES);
        inHands.addAndGet(watcher.give(piece.sizeBytes()));
        return piece;
    }

    /** At every tick: now and then those who wait are looked through, as some may have waited for long enough. */
    void tick(long nowNanos) {
        if (nowNanos - beatNanos >= Math.min(BEAT_NANOS, idle.toNanos() / 2) && !waiters.isEmpty()) {
            beatNanos = nowNanos;
            tell();
        }
    }

    /** The replica stopped: ends all, now and later. */
    void abandon(String why) {
        end(why);
        catchUps.forEach(behind -> behind.emitter.fail(new ReplicaException.Unavailable(why)));
        catchUps.clear();
    }

    // ---- any thread ------------------------------------------------------------------------------------------------

    /** How many watch. */
    int watchers() {
        return watchers.get();
    }

    /** Ends all, now and later; each is told where to go on. */
    void end(String why) {
        ended = why;
        tell();
    }

    private Uni<List<WatchItem>> next(Watcher watcher) {
        return Uni.createFrom().emitter(emitter -> take(watcher, emitter));
    }

    private void take(Watcher watcher, UniEmitter<? super List<WatchItem>> emitter) {
        letGo(watcher.taken(false));
        if (ended != null || !watcher.greeted) {
            emitter.complete(find(watcher));
        } else if (watcher.caughtUp || recent.holding(watcher.next()) != null) {
            await(new Waiter(watcher, emitter, System.nanoTime()));
        } else {
            catchUp(watcher, emitter);
        }
    }

    private void letGo(long bytes) {
        long before = inHands.getAndAdd(-bytes);
        if (before > mostInHands && before - bytes <= mostInHands) {
            tell();
            loop.offer(() -> {}); // who is behind was not served meanwhile
        }
    }

    private void await(Waiter waiter) {
        long next = waiter.watcher.next();
        waiters.add(waiter); // from here on it is the turn's
        if (next <= told || ended != null) {
            tell(); // it came before the wait
        }
    }

    /** What there is in memory for a watcher, a bounded piece of it; its place moves. */
    private List<WatchItem> find(Watcher watcher) {
        String why = ended;
        if (why != null) {
            return List.of(new WatchItem.End(WatchItem.Reason.STOPPED, why, watcher.read));
        }
        if (!watcher.greeted) {
            watcher.greeted = true;
            return List.of(new WatchItem.At(watcher.read));
        }
        List<WatchItem> items = new ArrayList<>();
        long bytes = 0;
        WatchPiece piece;
        while ((items.isEmpty() || bytes < BATCH_BYTES) && (piece = recent.holding(watcher.next())) != null) {
            piece.tell(watcher.prefix, watcher.next(), items);
            watcher.read = piece.last();
            bytes += piece.sizeBytes();
        }
        return items;
    }

    private void catchUp(Watcher watcher, UniEmitter<? super List<WatchItem>> emitter) {
        Uni<Optional<WatchPiece>> copied = Uni.createFrom()
                .emitter(copying ->
                        loop.offer(new Asked(replica, copying, () -> catchUps.add(new CatchUp(watcher, copying)))));
        copied.subscribe()
                .with(piece -> caught(watcher, piece, emitter), failure -> emitter.complete(lost(watcher, failure)));
    }

    private void caught(Watcher watcher, Optional<WatchPiece> piece, UniEmitter<? super List<WatchItem>> emitter) {
        // Off the loop: reading the copy, and what the reader does with it, may take long.
        executor.execute(() -> orFail(emitter, () -> {
            List<WatchItem> items = piece.isPresent() ? read(watcher, piece.get()) : List.of();
            watcher.caughtUp |= piece.isEmpty();
            if (items.isEmpty()) {
                take(watcher, emitter);
            } else {
                emitter.complete(items);
            }
            return !items.isEmpty();
        }));
    }

    private List<WatchItem> read(Watcher watcher, WatchPiece piece) {
        if (watcher.caughtUp) {
            String cause = "the reader is too slow: more has come than the " + recent.keptBytes()
                    + " bytes of the log that are kept for it";
            return List.of(new WatchItem.End(WatchItem.Reason.TOO_SLOW, cause, watcher.read));
        }
        List<WatchItem> items = new ArrayList<>();
        piece.tell(watcher.prefix, watcher.next(), items);
        watcher.read = piece.last();
        return items;
    }

    /** What goes wrong ends the watch: it would else be silent for ever, and the fault too. */
    private static boolean orFail(UniEmitter<?> emitter, BooleanSupplier telling) {
        try {
            return telling.getAsBoolean();
        } catch (RuntimeException | Error e) {
            emitter.fail(e);
            return true;
        }
    }

    private static List<WatchItem> lost(Watcher watcher, Throwable failure) {
        String cause = String.valueOf(failure.getMessage());
        return List.of(
                failure instanceof ReplicaException.Compacted compacted
                        ? new WatchItem.End(WatchItem.Reason.COMPACTED, cause, compacted.first())
                        : new WatchItem.End(WatchItem.Reason.STOPPED, cause, watcher.read));
    }

    // ---- telling ---------------------------------------------------------------------------------------------------

    private void tell() {
        if (turnsAsked.getAndIncrement() == 0) {
            plan();
        }
    }

    private void plan() {
        long pause = Math.max(PAUSE_NANOS, nextTurnNanos - System.nanoTime());
        ScheduledFuture<?> unused = executor.schedule(this::turn, pause, TimeUnit.NANOSECONDS);
    }

    /** Tells some of those who wait; looks at the others once, if there is nothing for them. One turn at a time. */
    private void turn() {
        int asked = turnsAsked.get();
        int left = waiters.size();
        int toldWatchers = 0;
        int looked = 0;
        try {
            while (looked < left && toldWatchers < TURN_WATCHERS) {
                Waiter waiter = waiters.poll();
                if (waiter == null) {
                    break;
                }
                looked++;
                if (!waiter.watcher.gone && orFail(waiter.emitter, () -> tell(waiter))) {
                    toldWatchers++;
                }
            }
        } finally {
            nextTurnNanos = System.nanoTime() + toldWatchers * TOLD_NANOS + looked * LOOKED_NANOS;
            if (toldWatchers == TURN_WATCHERS) {
                turnsAsked.set(1); // the others wait for the next turn
                plan();
            } else if (turnsAsked.addAndGet(-asked) > 0) {
                plan();
            }
        }
    }

    /** Whether there was something for it. */
    private boolean tell(Waiter waiter) {
        Watcher watcher = waiter.watcher;
        if (handsAreFull() && ended == null) {
            waiters.add(waiter); // who lets go of something asks for the next turn
            return false;
        }
        long toldBefore = told; // what is told is kept before it is: one who finds nothing up to here has let it pass
        List<WatchItem> items = find(watcher);
        boolean loopTells = toldBefore != NOBODY_WATCHES; // else it took this one for gone, with the last before it
        watcher.caughtUp |= loopTells && watcher.next() > toldBefore;
        if (!items.isEmpty()) {
            inHands.addAndGet(watcher.give(sizeBytes(items)));
            waiter.emitter.complete(items);
        } else if (!loopTells || watcher.next() <= toldBefore) {
            catchUp(watcher, waiter.emitter); // behind what is kept
        } else if (System.nanoTime() - waiter.sinceNanos >= idle.toNanos()) {
            waiter.emitter.complete(List.of(new WatchItem.At(watcher.read)));
        } else {
            await(waiter);
            return false;
        }
        return true;
    }

    private static long sizeBytes(List<WatchItem> items) {
        long bytes = 0;
        for (WatchItem item : items) {
            bytes += item instanceof WatchItem.Told told ? told.change().sizeBytes() : 0;
        }
        return bytes;
    }
}
