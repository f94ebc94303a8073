package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.CrashDisk;
import dev.quorate.log.DataDirectory;
import dev.quorate.log.Disk;
import dev.quorate.log.Records;
import dev.quorate.log.SnapshotFile;
import dev.quorate.log.SnapshotFiles;
import dev.quorate.log.SnapshotHeader;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.Wal;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Effects.LogChange;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import dev.quorate.replica.PlainHistory.Written;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One replica's directory through many lives, each on a {@link Disk} that may stop, beside a {@link PlainHistory}: what it
 * may hold, and what it has promised to hold. It is opened and used as a replica does: by {@link Opening}, on a
 * {@link Loop}, with {@link Snapshots} beside it.
 */
final class StoragePromises implements AutoCloseable {
    private static final WalOptions WAL = new WalOptions(1 << 14, SyncPolicy.ALWAYS, Duration.ofMillis(100));
    private static final int ID = 1;
    private static final long LONG_SECONDS = 60;

    private final Path directory;
    private final DataDirectory leaders;
    private PlainHistory history = new PlainHistory();
    private long synced;
    private long committed;
    private long snapshot;
    private HardState hardState = HardState.INITIAL;
    private @Nullable HardState voting;
    private @Nullable Turn turning;
    private int lives;
    private long written;
    private boolean begun;

    /**
     * A history is taking the place of the other, and a crash may leave either.
     *
     * @param keeps what stays of the one before, where that is what is left
     * @param promises what of the new one is there, where that is what is left
     * @param committed how far the new one is committed
     */
    private record Turn(PlainHistory to, long keeps, long promises, long committed) {}

    /** Work on the loop. */
    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException;
    }

    /** @param directory the lives' directories are made in it */
    StoragePromises(Path directory) throws IOException {
        this.directory = directory;
        this.leaders = DataDirectory.open(directory.resolve("leader"));
    }

    @Override
    public void close() throws IOException {
        leaders.close();
    }

    /** The directory as it is open on one disk. */
    final class Life {
        private final Path left = directory.resolve("life-" + (lives + 1));
        private final Disk disk = new Disk(directory.resolve("life-" + lives++), left);
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final AtomicReference<Boolean> damaged = new AtomicReference<>(false);
        private final Loop loop = new Loop("storage", () -> {}, failure::set);
        private final Storage storage;
        private final Snapshots snapshots;
        private boolean ended;

        private Life(String when) throws IOException {
            ReplicaOptions options = options();
            ReplicaEvents events = new ReplicaEvents(options, () -> 0, new ClusterEvents(), new SilentListener() {
                @Override
                public void damaged() {
                    damaged.set(true);
                }
            });
            DataDirectory data = DataDirectory.open(options.directory());
            try {
                if (!begun) {
                    begin(data);
                }
                Opening opening = Opening.open(data, options, LeadersLog.DEAF, events);
                assertNull(opening.quarantined(), when);
                assertEquals(false, damaged.get(), when + ": damage");
                this.storage = opening.storage();
            } catch (IOException | RuntimeException e) {
                data.close();
                throw e;
            }
            checkOpened(storage, when);
            snapshots = new Snapshots(options, storage, loop, events);
            loop.start();
        }

        private ReplicaOptions options() {
            return new ReplicaOptions(
                    "quorate",
                    PlainHistory.REPLICAS,
                    ID,
                    new CrashDisk(disk).path(),
                    WAL,
                    Optional.empty(),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(10),
                    1 << 20,
                    100,
                    1 << 20,
                    new SnapshotOptions(1 << 20, 5),
                    Duration.ofDays(1),
                    false);
        }

        private void begin(DataDirectory data) throws IOException {
            Membership empty = Identity.open(data, options());
            List<Long> known = List.of(10L, empty.incarnation(), 12L);
            Wal.open(data, WAL, LeadersLog.DEAF).close();
            Identity.save(data, empty.forming(7, known).formed());
            begun = true;
        }

        boolean isStopped() {
            return disk.isStopped();
        }

        void stopAt(int step, @Nullable SplittableRandom loss) {
            disk.stopAt(step, loss);
        }

        private <T> T onLoop(Work<T> work) throws IOException {
            CompletableFuture<T> answer = new CompletableFuture<>();
            loop.offer(new Loop.Work() {
                @Override
                public void run() {
                    try {
                        answer.complete(work.run());
                    } catch (IOException | RuntimeException | Error e) {
                        answer.completeExceptionally(e);
                    }
                }

                @Override
                public void abandon() {
                    answer.completeExceptionally(new IOException("the loop has ended", failure.get()));
                }
            });
            try {
                return answer.get(LONG_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw new IOException(e.getCause());
            } catch (InterruptedException | TimeoutException e) {
                throw new AssertionError("the loop does not answer", e);
            }
        }

        // ---- a leader's work ---------------------------------------------------------------------------------------

        /** A new term, that this replica leads. */
        void lead() throws IOException {
            vote();
            history.entries.add(PlainHistory.noOp(hardState.term()));
            onLoop(() -> {
                storage.openTerm(hardState.term());
                return true;
            });
        }

        private void vote() throws IOException {
            HardState next = new HardState(hardState.term() + 1, (int) (hardState.term() % PlainHistory.REPLICAS));
            voting = next;
            onLoop(() -> {
                storage.saveAndSync(next);
                return true;
            });
            if (!isStopped()) {
                hardState = next;
                voting = null;
            }
        }

        void write(int entries, int operations, int valueBytes, SplittableRandom random) throws IOException {
            for (int i = 0; i < entries; i++) {
                Written entry = PlainHistory.mutation(hardState.term(), operations, valueBytes, ++written, random);
                history.entries.add(entry);
                assertEquals(history.lastIndex(), (long) onLoop(() -> storage.append(entry.term(), entry.payload())));
            }
        }

        void admit(int replica, long incarnation) throws IOException {
            history.entries.add(PlainHistory.admission(hardState.term(), replica, incarnation));
            onLoop(() -> storage.admit(hardState.term(), replica, incarnation));
        }

        void sync() throws IOException {
            long last = history.lastIndex();
            while (onLoop(() -> {
                        storage.wal().requestSync();
                        return storage.wal().syncedIndex();
                    })
                    < last) {
                if (isStopped()) {
                    return;
                }
                LockSupport.parkNanos(10_000);
            }
            if (!isStopped()) {
                synced = last;
            }
        }

        void commit(long index) throws IOException {
            committed = Math.max(committed, index);
            onLoop(() -> {
                storage.committed(committed);
                return true;
            });
        }

        // ---- a follower's work -------------------------------------------------------------------------------------

        /**
         * Another leader's entries take the place of those from an index on.
         *
         * @param from above what is committed, up to one after the last
         * @param known how many entries before come with them that are there already
         */
        void replace(long from, int known, int entries, SplittableRandom random) throws IOException {
            vote();
            PlainHistory theirs = history.upTo(from - 1);
            extend(theirs, entries, random);
            long skip = Math.min(known, Math.min(from - 1, from - storage.wal().firstIndex()));
            Records sent = theirs.records(from - skip);
            turning = new Turn(theirs, Math.min(synced, from - 1), Math.min(synced, from - 1), committed);
            long truncateFrom = from <= history.lastIndex() ? from : 0;
            onLoop(() -> {
                storage.change(new LogChange(truncateFrom, sent, (int) skip), hardState.term());
                return true;
            });
            turned();
        }

        private void extend(PlainHistory theirs, int entries, SplittableRandom random) {
            theirs.entries.add(PlainHistory.noOp(hardState.term()));
            long timeMs = theirs.stateAt(theirs.lastIndex()).leaderTimeMs();
            for (int i = 1; i < entries; i++) {
                Written entry = PlainHistory.mutation(hardState.term(), 1 + random.nextInt(2), 300, ++written, random);
                MutationCodec.stampLeaderTime(entry.payload(), ++timeMs);
                theirs.entries.add(entry);
            }
        }

        /** The snapshot of a leader that has the same entries, up to an index. */
        void installOfSame(long index) throws IOException {
            Turn same = new Turn(history, synced, synced, Math.max(committed, index));
            install(history.upTo(index), same);
        }

        /** The snapshot of a leader whose entries are others from the first one on that is not committed. */
        void installOfOther(int entries, SplittableRandom random) throws IOException {
            vote();
            PlainHistory theirs = history.upTo(committed);
            extend(theirs, entries, random);
            long last = theirs.lastIndex();
            install(theirs, new Turn(theirs, synced, last, last));
        }

        /** In the file where a leader's parts gather, and synced before it is read. */
        private void install(PlainHistory theirs, Turn turn) throws IOException {
            SnapshotFile sent = leadersSnapshot(theirs);
            Path incoming = snapshots.incoming();
            try (FileChannel out = FileChannel.open(
                    incoming,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(sent.path()));
                while (bytes.hasRemaining()) {
                    int unused = out.write(bytes);
                }
                out.force(true);
            }
            Files.delete(sent.path());
            RestoredState received = RestoredState.read(SnapshotFile.open(incoming));
            turning = turn;
            onLoop(() -> {
                snapshots.install(received, hardState.term());
                return true;
            });
            turned();
        }

        private void turned() {
            if (!isStopped() && turning != null) {
                history = turning.to;
                synced = turning.promises;
                committed = turning.committed;
                turning = null;
            }
        }

        // ---- snapshots ---------------------------------------------------------------------------------------------

        /** Has one written beside the work. */
        void beginSnapshot() {
            snapshots.request().subscribe().with(status -> {}, refused -> {});
        }

        /** Has one written, and waits for it. */
        void snapshot() throws IOException {
            long wanted = committed;
            beginSnapshot();
            while (onLoop(() -> snapshots.status().state()).equals("writing")) {
                if (isStopped()) {
                    return;
                }
                LockSupport.parkNanos(10_000);
            }
            SnapshotStatus status = snapshots.status();
            if (!isStopped()) {
                assertNull(status.failure());
                assertTrue(wanted == 0 || status.index() > 0, "no snapshot of " + wanted);
                snapshot = status.index();
            }
        }

        // ---- what it holds -----------------------------------------------------------------------------------------

        /** It holds now what was written, and as of the commit index what is committed. */
        void look() throws IOException {
            onLoop(() -> {
                assertEquals(history.lastIndex(), storage.wal().lastIndex());
                assertEquals(history.stateAt(history.lastIndex()), PlainHistory.newest(storage));
                assertEquals(history.stateAt(committed).records(), PlainHistory.recordsAt(storage, committed));
                return true;
            });
            Throwable failed = failure.get();
            assertTrue(failed == null || isStopped(), () -> "the loop failed: " + failed);
        }

        // ---- the end -----------------------------------------------------------------------------------------------

        /** An ordered end; all that was appended is synced. */
        void close() throws IOException {
            end();
            if (!isStopped()) {
                synced = history.lastIndex();
            }
            disk.stop(null);
        }

        /** What is left when the process is killed, or the power fails. */
        void stop(@Nullable SplittableRandom loss) throws IOException {
            disk.stop(loss);
            try {
                end();
            } catch (IOException e) {
                assertTrue(isStopped(), e.toString()); // it has no disk any more
            }
        }

        private void end() throws IOException {
            if (ended) {
                return;
            }
            ended = true;
            try {
                loop.offer(loop::stop);
                loop.join();
                snapshots.stop();
                storage.close();
            } finally {
                disk.close();
            }
        }
    }

    private SnapshotFile leadersSnapshot(PlainHistory theirs) throws IOException {
        Store store = new Store();
        Admissions admissions = new Admissions();
        long last = theirs.lastIndex();
        for (long index = 1; index <= last; index++) {
            Written entry = theirs.entry(index);
            if (entry.kind() == EntryKind.MUTATION) {
                store.apply(entry.term(), index, entry.payload());
            } else if (entry.kind() == EntryKind.ADMIT) {
                admissions.apply(index, entry.payload());
            }
        }
        store.committed(last);
        SnapshotFiles files = leaders.snapshots();
        SnapshotHeader header = new SnapshotHeader(theirs.position(last), 0, theirs.termStarts());
        return MadeSnapshot.write(files, header, admissions.upTo(last), store.pin());
    }

    /**
     * Opens what the life before left, and holds it to what was promised.
     *
     * @param when for the message of a failure
     */
    Life open(String when) throws IOException {
        return new Life(when);
    }

    long lastIndex() {
        return history.lastIndex();
    }

    long committed() {
        return committed;
    }

    private void checkOpened(Storage storage, String when) throws IOException {
        HardState found = storage.hardState();
        if (!found.equals(voting)) {
            assertEquals(hardState, found, when);
        }
        hardState = found;
        voting = null;

        Turn turn = turning;
        turning = null;
        if (turn != null && isPartOf(turn.to, turn.promises, storage.wal())) {
            history = turn.to;
            synced = turn.promises;
            committed = turn.committed;
        } else if (turn != null) {
            synced = turn.keeps;
        }
        long last = storage.wal().lastIndex();
        assertTrue(last >= synced, when + ": " + synced + " was durable, it ends at " + last);
        assertTrue(isPartOf(history, synced, storage.wal()), when + ": entries that nobody wrote: " + storage.wal());
        history.cut(last);
        synced = last;
        assertTrue(storage.commitBound() <= committed, when + ": committed " + storage.commitBound());
        committed = storage.commitBound();
        long snapshotFound = storage.wal().snapshot().index();
        assertTrue(snapshotFound >= snapshot, when + ": snapshot " + snapshot + ", found " + snapshotFound);
        snapshot = snapshotFound;

        assertEquals(history.stateAt(last), PlainHistory.newest(storage), when);
        for (long index = committed; index <= last; index++) {
            assertEquals(
                    history.stateAt(index).records(), PlainHistory.recordsAt(storage, index), when + ": at " + index);
        }
    }

    /** Whether the log is a beginning of that history which reaches that far. */
    private static boolean isPartOf(PlainHistory history, long atLeast, Wal wal) {
        long last = wal.lastIndex();
        if (last < atLeast || last > history.lastIndex()) {
            return false;
        }
        for (long index = 1; index <= last; index++) {
            if (wal.termAt(index) != history.entry(index).term()) {
                return false;
            }
        }
        boolean[] same = {true};
        wal.replay(wal.firstIndex(), (index, term, kind, payload) -> {
            Written entry = history.entry(index);
            same[0] &= entry.kind() == kind && entry.payload().equals(payload);
        });
        return same[0];
    }
}
