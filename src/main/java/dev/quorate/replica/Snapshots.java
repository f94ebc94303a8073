package dev.quorate.replica;

import dev.quorate.log.DroppedSegments;
import dev.quorate.log.SnapshotFile;
import dev.quorate.log.SnapshotWriter;
import dev.quorate.protocol.Position;
import dev.quorate.store.KeyRecord;
import dev.quorate.store.Outcome;
import dev.quorate.store.StateCodec;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes snapshots of one replica's committed state beside its work, one at a time, and has the log let go of what they
 * hold. The loop cuts the state into parts, which are references only; a thread of its own encodes and writes one before it
 * asks for the next.
 */
public final class Snapshots {
    /** Few enough that a write in between does not wait longer than for a group of other writes. */
    private static final int RECORDS_A_PART = 500;

    private static final int BLOCK_BYTES = 1 << 20;

    /** What a follower is sent at a time. */
    private static final int PART_BYTES = 1 << 20;

    /** What a record takes in a snapshot beside its key and value, at most, without a content type. */
    private static final int RECORD_OVERHEAD_BYTES = 64;

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(30);

    private final int replica;
    private final Storage storage;
    private final Loop loop;
    private final ReplicaEvents events;
    private final long everyBytes;
    private final long spareBytes;
    private final ExecutorService writer;
    private final List<Wanted> wanted = new ArrayList<>();
    private boolean running;
    private long grownBytesBefore;
    private long notBeforeNanos = System.nanoTime();
    private volatile SnapshotStatus status;
    private volatile Installation.@Nullable Progress arriving;

    Snapshots(ReplicaOptions options, Storage storage, Loop loop, ReplicaEvents events) {
        this.replica = options.id();
        this.storage = storage;
        this.loop = loop;
        this.events = events;
        this.everyBytes = options.snapshots().everyBytes();
        this.spareBytes = 2L * options.wal().segmentSizeBytes();
        this.writer = Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, "quorate-snapshot-" + options.id());
            thread.setDaemon(true);
            return thread;
        });
        this.status = atRest(null);
    }

    /** The state that was to be written is no longer there: the replica stops, or took a leader's snapshot. */
    private static final class Ended extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** Somebody waits for a snapshot at or above an index. */
    private record Wanted(long index, UniEmitter<? super Backup> emitter) {}

    // ---- any thread ------------------------------------------------------------------------------------------------

    /** How far they are. */
    public SnapshotStatus status() {
        Installation.Progress coming = arriving;
        return coming == null ? status : status.receiving(coming.snapshot().index(), coming.percent());
    }

    /** Begins to write one, unless one is being written or would hold nothing new. Emits how far they are then. */
    public Uni<SnapshotStatus> request() {
        return Uni.createFrom()
                .emitter(emitter -> loop.offer(new Asked(replica, emitter, () -> {
                    take();
                    emitter.complete(status);
                })));
    }

    /** Has one begun if the log has grown enough since the last. */
    public void requestIfDue() {
        loop.offer(this::takeIfDue);
    }

    /** Emits those that a start could read, the newest first. */
    Uni<List<SnapshotFile>> files() {
        return Uni.createFrom()
                .emitter(emitter ->
                        loop.offer(new Asked(replica, emitter, () -> emitter.complete(storage.keptSnapshots()))));
    }

    /**
     * Emits a durable snapshot of all that is committed when it is subscribed to, once there is one, on the loop: a file, so
     * that one who reads slowly costs no memory. Fails with {@link ReplicaException.Unavailable} where there can be none.
     */
    public Uni<Backup> backup() {
        return Uni.createFrom().emitter(emitter -> loop.offer(new Asked(replica, emitter, () -> want(emitter))));
    }

    // ---- on the loop -----------------------------------------------------------------------------------------------

    private void want(UniEmitter<? super Backup> emitter) {
        long index = storage.store().committedIndex();
        if (index == 0) {
            emitter.fail(new ReplicaException.Unavailable("nothing is committed yet"));
            return;
        }
        wanted.add(new Wanted(index, emitter));
        serveWanted(null);
    }

    private void serveWanted(@Nullable String failure) {
        Optional<SnapshotFile> newest = storage.newestSnapshot();
        for (Wanted one : List.copyOf(wanted)) {
            if (newest.isPresent() && newest.get().index() >= one.index()) {
                wanted.remove(one);
                SnapshotFile file = newest.get();
                one.emitter().complete(new Backup(file.path(), file.header().position()));
            } else if (failure != null) {
                wanted.remove(one);
                one.emitter().fail(new ReplicaException.Unavailable("no snapshot could be written: " + failure));
            }
        }
        if (!wanted.isEmpty()) {
            take();
        }
    }

    private SnapshotStatus atRest(@Nullable String failure) {
        Optional<SnapshotFile> newest = storage.newestSnapshot();
        return new SnapshotStatus(
                newest.map(SnapshotFile::index).orElse(0L),
                newest.map(SnapshotFile::sizeBytes).orElse(0L),
                newest.map(file -> file.header().writtenAtMs()).orElse(0L),
                0,
                0,
                0,
                failure,
                storage.wal().firstIndex());
    }

    private void progress(long index, int percent) {
        SnapshotStatus now = status;
        status = new SnapshotStatus(
                now.index(), now.sizeBytes(), now.writtenAtMs(), index, 0, percent, null, now.firstIndex());
    }

    private void takeIfDue() {
        boolean grown = storage.wal().grownBytes() - grownBytesBefore >= everyBytes;
        if (grown && System.nanoTime() - notBeforeNanos >= 0) {
            take();
        }
    }

    private void take() {
        long index = storage.store().committedIndex();
        if (running || index <= storage.wal().snapshot().index()) {
            return;
        }
        running = true;
        PinnedState state = storage.pin();
        long grownBytes = storage.wal().grownBytes();
        progress(index, 0);
        events.snapshotStarted(index, storage.store().size());
        writer.execute(() -> write(state, grownBytes));
    }

    // ---- on the writer thread --------------------------------------------------------------------------------------

    private void write(PinnedState state, long grownBytes) {
        long startNanos = System.nanoTime();
        try {
            SnapshotFile file = writeFile(state);
            DroppedSegments dropped = onLoop(() -> taken(file, grownBytes));
            removeOld(dropped);
            long tookMs = (System.nanoTime() - startNanos) / 1_000_000;
            onLoop(() -> {
                end(state, null);
                events.snapshotFinished(
                        file.index(), file.sizeBytes(), tookMs, storage.wal().firstIndex());
                return state;
            });
        } catch (IOException e) {
            loop.offer(() -> failed(state, e));
        } catch (Ended e) {
            loop.offer(() -> end(state, null));
        } catch (RuntimeException | Error e) {
            loop.offer(() -> {
                throw new IllegalStateException("a snapshot could not be written", e);
            });
        }
    }

    private SnapshotFile writeFile(PinnedState state) throws IOException, Ended {
        long index = state.header().position().index();
        checkSpace();
        try (SnapshotWriter out = storage.snapshots().begin(state.header())) {
            out.block(state.admissions());
            StateCodec part = new StateCodec();
            part.addLeaderTime(state.pin().leaderTimeMs());
            for (Outcome outcome : state.pin().outcomes()) {
                part.add(outcome);
                flush(part, BLOCK_BYTES, out);
            }
            long written = 0;
            boolean last = false;
            while (!last) {
                List<KeyRecord> records =
                        onLoop(() -> state.pin().isOpen() ? state.pin().next(RECORDS_A_PART) : null);
                last = state.pin().isExhausted();
                for (KeyRecord record : records) {
                    part.add(record);
                    flush(part, BLOCK_BYTES, out);
                }
                written += records.size();
                progress(index, (int) Math.min(
                        100, written * 100 / Math.max(1, storage.store().size())));
            }
            flush(part, 0, out);
            return out.finish();
        }
    }

    private static void flush(StateCodec part, int bytes, SnapshotWriter out) throws IOException {
        if (part.sizeBytes() >= bytes && !part.isEmpty()) {
            out.block(part.bytes());
            part.clear();
        }
    }

    /** What is written in vain takes the space of those who write meanwhile. */
    private void checkSpace() throws IOException {
        long needed = storage.store().sizeBytes()
                + (long) RECORD_OVERHEAD_BYTES * storage.store().size()
                + spareBytes;
        long free = storage.snapshots().freeBytes();
        if (free < needed) {
            throw new IOException("it needs up to " + needed + " bytes of space, and " + free + " are free");
        }
    }

    private void removeOld(DroppedSegments dropped) throws IOException, Ended {
        dropped.delete();
        // Found before the loop is asked: what it installs in between is not among them.
        List<Path> found = storage.snapshots().newestFirst();
        storage.snapshots().keepOnly(found, onLoop(storage::keptSnapshots));
    }

    /** What the loop says, or {@link Ended} where it says nothing. */
    private <T> T onLoop(Supplier<@Nullable T> work) throws Ended {
        CompletableFuture<Optional<T>> answer = new CompletableFuture<>();
        loop.offer(new Loop.Work() {
            @Override
            public void run() {
                try {
                    answer.complete(Optional.ofNullable(work.get()));
                } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                    throw e;
                }
            }

            @Override
            public void abandon() {
                answer.complete(Optional.empty());
            }
        });
        try {
            return answer.get().orElseThrow(Ended::new);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Ended();
        }
    }

    // ---- on the loop again -----------------------------------------------------------------------------------------

    private DroppedSegments taken(SnapshotFile file, long grownBytes) {
        grownBytesBefore = Math.max(grownBytesBefore, grownBytes);
        return storage.snapshotTaken(file);
    }

    private void failed(PinnedState state, IOException cause) {
        notBeforeNanos = System.nanoTime() + PAUSE_AFTER_FAILURE.toNanos();
        String why = String.valueOf(cause.getMessage());
        end(state, why);
        events.snapshotFailed(state.header().position().index(), why);
    }

    private void end(PinnedState state, @Nullable String failure) {
        running = false;
        state.pin().close();
        status = atRest(failure);
        serveWanted(failure);
    }

    // ---- for followers, any thread ---------------------------------------------------------------------------------

    /**
     * A part of a snapshot's file.
     *
     * @throws UncheckedIOException if it is not there any more, or cannot be read
     */
    SnapshotPart read(Position snapshot, long offset) {
        try (FileChannel in = FileChannel.open(storage.snapshots().path(snapshot.index()), StandardOpenOption.READ)) {
            long total = in.size();
            ByteBuffer part = ByteBuffer.allocate((int) Math.max(0, Math.min(PART_BYTES, total - offset)));
            while (part.hasRemaining() && in.read(part, offset + part.position()) > 0) {
                // A read may bring less than was asked for.
            }
            return new SnapshotPart(total, part.flip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How much of a leader's snapshot there is; null once none is on its way. On the loop. */
    void arriving(Installation.@Nullable Progress progress) {
        arriving = progress;
    }

    /** Bytes that are free where it gathers. */
    long freeBytes() throws IOException {
        return storage.snapshots().freeBytes();
    }

    /** Where a leader's snapshot gathers until it is whole. */
    Path incoming() {
        return storage.snapshots().incoming();
    }

    /**
     * Takes a leader's snapshot, as {@link Storage#install} says; one that is being written here is given up.
     *
     * @param term the term in which it came
     */
    void install(RestoredState state, long term) throws IOException {
        DroppedSegments dropped = storage.install(state, term);
        grownBytesBefore = storage.wal().grownBytes();
        status = atRest(null);
        writer.execute(() -> {
            try {
                removeOld(dropped);
            } catch (IOException e) {
                loop.offer(() -> {
                    throw new UncheckedIOException(e);
                });
            } catch (Ended e) {
                status = atRest(null); // the next start removes them
            }
        });
    }

    /** Waits until nothing is written any more; the loop has ended. */
    void stop() {
        wanted.forEach(one -> one.emitter().fail(new ReplicaException.Unavailable("the replica has stopped")));
        writer.shutdown();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = writer.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
