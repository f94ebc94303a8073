package dev.quorate.replica;

import dev.quorate.log.NoSpaceException;
import dev.quorate.log.SnapshotFile;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.ReplicaCore;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A leader's snapshot on its way into this replica: its parts gather in a file, in order, so that a broken connection costs
 * one part; then it is checked as a whole and read, and only then takes the place of log and store. Loop thread only; what
 * waits for the disk is done aside.
 */
final class Installation {
    private static final Logger LOG = Logger.getLogger(Installation.class);

    /** Longer than that the leader is not left without an answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Replica replica;
    private final ReplicaCore core;
    private final Performer performer;
    private final Snapshots snapshots;
    private final Loop loop;
    private @Nullable Arriving arriving;

    Installation(Replica replica, ReplicaCore core, Performer performer, Snapshots snapshots, Loop loop) {
        this.replica = replica;
        this.core = core;
        this.performer = performer;
        this.snapshots = snapshots;
        this.loop = loop;
    }

    /** How much of a snapshot there is, for people to see. */
    record Progress(Position snapshot, long receivedBytes, long totalBytes) {
        int percent() {
            return (int) (receivedBytes * 100 / Math.max(1, totalBytes));
        }
    }

    /** One snapshot of one leader: another's, of the same position, may have other bytes. */
    private static final class Arriving {
        private final int leader;
        private final Position snapshot;
        private final long totalBytes;
        private final Path file;
        private long receivedBytes;
        private boolean busy;
        private boolean toldFull;
        private @Nullable RestoredState received;
        private @Nullable Runnable asks;

        Arriving(InstallRequest request, long totalBytes, Path file) {
            this.leader = request.from();
            this.snapshot = request.snapshot();
            this.totalBytes = totalBytes;
            this.file = file;
        }

        boolean isFor(InstallRequest request, SnapshotPart part) {
            return leader == request.from() && snapshot.equals(request.snapshot()) && totalBytes == part.totalBytes();
        }
    }

    /** Takes a part, and answers; the last part is answered before the whole is looked at, and then asked about. */
    void receive(InstallRequest request, SnapshotPart part, UniEmitter<? super Message> asker) {
        Arriving current = arriving;
        if (current == null || !current.isFor(request, part)) {
            if (current != null && current.busy) {
                asker.fail(new ReplicaException.Unavailable("another snapshot is being received"));
                return;
            }
            current = new Arriving(request, part.totalBytes(), snapshots.incoming());
            become(current);
        }
        if (current.received != null) {
            performer.perform(core.snapshotReceived(request), asker);
        } else if (current.busy && current.receivedBytes == current.totalBytes) {
            wait(current, request, asker);
        } else if (current.busy || request.offset() != current.receivedBytes) {
            performer.perform(core.snapshotPartReceived(request, current.receivedBytes), asker);
        } else {
            write(current, request, part.bytes(), asker);
        }
    }

    private void write(Arriving current, InstallRequest request, ByteBuffer bytes, UniEmitter<? super Message> asker) {
        int size = bytes.remaining();
        long missing = current.totalBytes - request.offset();
        aside(
                current,
                () -> {
                    checkSpace(missing);
                    write(current.file, request.offset(), bytes);
                    return size;
                },
                written -> {
                    current.receivedBytes += written;
                    current.toldFull = false;
                    become(current);
                    performer.perform(core.snapshotPartReceived(request, current.receivedBytes), asker);
                    if (current.receivedBytes == current.totalBytes) {
                        read(current);
                    }
                },
                failure -> {
                    if (!(failure instanceof ReplicaException.NoSpace)) {
                        asker.fail(new ReplicaException.Unavailable(
                                "a part of a snapshot could not be written: " + failure.getMessage()));
                        return;
                    }
                    if (!current.toldFull) {
                        current.toldFull = true;
                        LOG.warnf(
                                "replica=%d takes no more of the snapshot %s of leader %d until there is space: %s",
                                replica.id(), current.snapshot, current.leader, failure.getMessage());
                    }
                    asker.fail(failure);
                });
    }

    /** For all that is to come: a snapshot that cannot get whole takes the log's last space in vain. */
    private void checkSpace(long missingBytes) {
        try {
            long free = snapshots.freeBytes();
            if (free < missingBytes) {
                String where = "the disk of replica " + replica.id() + " has no room for the rest of a snapshot";
                throw new ReplicaException.DiskFull(where, missingBytes, free);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, long offset, ByteBuffer bytes) {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            out.truncate(offset);
            out.position(offset);
            while (bytes.hasRemaining()) {
                int unused = out.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(Arriving current) {
        aside(
                current,
                () -> readWhole(current.file),
                received -> {
                    current.received = received;
                    answerWaiting(current);
                },
                failure -> {
                    LOG.warnf(
                            "replica=%d the snapshot %s of leader %d is not installed: %s",
                            replica.id(), current.snapshot, current.leader, failure.getMessage());
                    become(null);
                    answerWaiting(current);
                });
    }

    private void wait(Arriving current, InstallRequest request, UniEmitter<? super Message> asker) {
        Runnable answer = () -> {
            if (arriving == current && current.received != null) {
                performer.perform(core.snapshotReceived(request), asker);
            } else if (arriving == current) {
                performer.perform(core.snapshotPartReceived(request, current.receivedBytes), asker);
            } else {
                asker.fail(new ReplicaException.Unavailable("the snapshot was damaged on the way, or given up"));
            }
        };
        answerWaiting(current);
        current.asks = answer;
        loop.after(PATIENCE, () -> {
            if (current.asks == answer) {
                answerWaiting(current);
            }
        });
    }

    private static void answerWaiting(Arriving current) {
        Runnable answer = current.asks;
        current.asks = null;
        if (answer != null) {
            answer.run();
        }
    }

    /** Synced before it is read, so that it may be given its name. */
    private static RestoredState readWhole(Path file) {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
            out.force(true);
            return RestoredState.read(SnapshotFile.open(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Puts it in the place of log and store.
     *
     * @throws NoSpaceException if there is no room for that; the leader will ask again
     */
    void install(Position snapshot, long term) throws IOException {
        Arriving current = arriving;
        if (current == null || current.received == null || !current.snapshot.equals(snapshot)) {
            throw new IllegalStateException("the snapshot " + snapshot + " is not there");
        }
        snapshots.install(current.received, term);
        become(null);
    }

    /** What another leader sent is not kept. While none is known, the one who sent it may come back and go on. */
    void forgetUnless(int leader) {
        Arriving current = arriving;
        if (current != null && leader >= 0 && current.leader != leader) {
            forget();
        }
    }

    /** This replica has it all by now, in another way. */
    void forget() {
        Arriving current = arriving;
        if (current != null && !current.busy) {
            become(null);
        }
    }

    private void become(@Nullable Arriving next) {
        arriving = next;
        snapshots.arriving(next == null ? null : new Progress(next.snapshot, next.receivedBytes, next.totalBytes));
    }

    private <T> void aside(Arriving current, Supplier<T> work, Consumer<T> done, Consumer<Throwable> failed) {
        current.busy = true;
        Uni.createFrom()
                .item(work)
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .subscribe()
                .with(
                        result -> loop.offer(() -> {
                            current.busy = false;
                            done.accept(result);
                        }),
                        failure -> loop.offer(() -> {
                            current.busy = false;
                            failed.accept(failure);
                        }));
    }
}
