package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.Records;
import dev.quorate.log.SyncListener;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.Wal;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Position;
import dev.quorate.store.MutationCodec;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A follower that must take entries back while nothing can be saved keeps them, and does it when it can. */
@Execution(ExecutionMode.CONCURRENT)
class FullDiskTest {
    private static final long SET_ID = 7;
    private static final long LEADERS_INCARNATION = 11;
    private static final WalOptions WAL = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));

    @TempDir
    Path directory;

    @Test
    void whatCannotBeSavedIsNotTakenBackUntilThereIsSpace() throws IOException {
        AtomicReference<String> fatal = new AtomicReference<>();
        Path own = directory.resolve("replica-1");
        Replica follower =
                Replica.open(options(own), Nobody.peers(), new SilentListener(), new ClusterEvents(), fatal::set);
        follower.start(false);
        try {
            form(follower);
            assertTrue(append(follower, 1, "of the old leader")
                    .assertCompleted()
                    .getItem()
                    .accepted());
            // No directory can be made where a file stands: so a full disk looks from here.
            Files.createFile(own.resolve("rollback"));
            for (int i = 0; i < 3; i++) {
                append(follower, 2, "of the new leader").assertFailedWith(ReplicaException.NoSpace.class);
                assertEquals("of the old leader", value(follower));
                assertEquals(new Position(1, 1), follower.view().last());
            }
            assertNull(fatal.get(), "it goes on");
            Files.delete(own.resolve("rollback"));
            assertTrue(append(follower, 2, "of the new leader")
                    .assertCompleted()
                    .getItem()
                    .accepted());
            assertEquals("of the new leader", value(follower));
            try (Stream<Path> saved = Files.list(own.resolve("rollback"))) {
                assertEquals(
                        List.of("2-1-1-1.rb"),
                        saved.map(file -> file.getFileName().toString()).toList());
            }
        } finally {
            follower.stop();
        }
    }

    /** Also when what replaces them is more than the new segment has room for: half a change would be a lost tail. */
    @Test
    void withoutRoomForWhatReplacesThemEntriesAreNotTakenBack() throws IOException {
        Path own = directory.resolve("replica-1");
        Replica follower =
                Replica.open(options(own), Nobody.peers(), new SilentListener(), new ClusterEvents(), reason -> {});
        follower.start(false);
        try {
            form(follower);
            assertTrue(append(follower, 1, "of the old leader")
                    .assertCompleted()
                    .getItem()
                    .accepted());
            Path blocked = own.resolve("prepared-1.tmp").resolve("x");
            Files.createDirectories(blocked);
            String large = "x".repeat(100_000);
            append(follower, 2, large).assertFailedWith(ReplicaException.NoSpace.class);
            assertEquals("of the old leader", value(follower));
            assertEquals(new Position(1, 1), follower.view().last());
            Files.delete(blocked);
            await().until(() -> append(follower, 2, large).getItem() != null);
            assertEquals(large, value(follower));
        } finally {
            follower.stop();
        }
    }

    /** What a leader without space still deletes must find room at its followers, whose disks are as full. */
    @Test
    void aFollowerWithoutSpaceTakesDeletesAndNoPuts() throws IOException {
        Path own = directory.resolve("replica-1");
        Replica follower =
                Replica.open(options(own), Nobody.peers(), new SilentListener(), new ClusterEvents(), reason -> {});
        follower.start(false);
        try {
            form(follower);
            Path blocked = own.resolve("prepared-1.tmp").resolve("x");
            Files.createDirectories(blocked);
            ByteBuffer small = MutationCodec.put("k", new byte[4_000], null, 1, 0);
            ByteBuffer delete = MutationCodec.delete("k", 1, 0);
            ByteBuffer large = MutationCodec.put("k", new byte[50_000], null, 1, 0);
            append(follower, 1, large).assertCompleted();
            append(follower, 3, large).assertCompleted(); // in the segment that was prepared at the start
            ReplicaException.DiskFull refusal = (ReplicaException.DiskFull) append(follower, 5, small)
                    .assertFailedWith(ReplicaException.DiskFull.class)
                    .getFailure();
            assertEquals(WAL.segmentSizeBytes(), refusal.neededBytes());
            assertTrue(refusal.freeBytes() > 0);
            append(follower, 5, small, delete).assertFailedWith(ReplicaException.NoSpace.class);
            long last = fillUp(follower);
            append(follower, last + 1, delete).assertCompleted();
            assertNull(follower.reads().local("k").value());
            append(follower, last + 3, small).assertFailedWith(ReplicaException.NoSpace.class);
            assertEquals(last + 2, follower.view().last().index());
            Files.delete(blocked);
            await().until(() -> append(follower, last + 3, small).getItem() != null);
        } finally {
            follower.stop();
        }
    }

    /** Until not even a put of one byte is taken, which needs hardly more room than a delete; returns the last index. */
    private long fillUp(Replica follower) throws IOException {
        int size = 2_048;
        while (size > 0) {
            ByteBuffer put = MutationCodec.put("k", new byte[size], null, 1, 0);
            boolean taken =
                    append(follower, follower.view().last().index() + 1, put).getItem() != null;
            size = taken && size == 1 ? 1 : size / 2;
        }
        return follower.view().last().index();
    }

    private static String value(Replica replica) {
        StoredValue value = replica.reads().local("k").value();
        assertNotNull(value);
        return new String(value.value(), StandardCharsets.UTF_8);
    }

    /** A no-op of term 1 and writes, which follow what the leader sent before. */
    private UniAssertSubscriber<AppendResponse> append(Replica follower, long firstIndex, ByteBuffer... writes)
            throws IOException {
        Records entries = LeadersLog.of(Files.createTempDirectory(directory, "leader"), firstIndex, 1, writes);
        Position previous = firstIndex == 1 ? Position.NONE : new Position(1, firstIndex - 1);
        AppendRequest request = new AppendRequest(0, 1, 1, 1, previous, 0, entries);
        return end(follower.fromPeers().onAppend(envelope(follower), request));
    }

    /** The leader's log of that term has one entry, which writes that value. */
    private UniAssertSubscriber<AppendResponse> append(Replica follower, long term, String value) throws IOException {
        AppendRequest request = new AppendRequest(0, 1, term, 1, Position.NONE, 0, entries(directory, term, value));
        return end(follower.fromPeers().onAppend(envelope(follower), request));
    }

    static Records entries(Path directory, long term, String value) throws IOException {
        Path path = Files.createTempDirectory(directory, "leader");
        SyncListener deaf = (SyncListener) Proxy.newProxyInstance(
                SyncListener.class.getClassLoader(),
                new Class<?>[] {SyncListener.class},
                (proxy, method, args) -> null);
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, WAL, deaf)) {
            wal.append(
                    term,
                    EntryKind.MUTATION,
                    MutationCodec.put("k", value.getBytes(StandardCharsets.UTF_8), null, 1, 0));
            return wal.batch(1, Integer.MAX_VALUE);
        }
    }

    private static void form(Replica follower) {
        List<Long> incarnations =
                List.of(LEADERS_INCARNATION, follower.membership().incarnation());
        end(follower.fromPeers().onForm(envelope(follower), SET_ID, 0, incarnations))
                .assertCompleted();
    }

    private static Envelope envelope(Replica to) {
        return new Envelope(
                "quorate", SET_ID, 0, 1, LEADERS_INCARNATION, to.membership().incarnation());
    }

    static <T> UniAssertSubscriber<T> end(Uni<T> call) {
        UniAssertSubscriber<T> subscriber = call.subscribe().withSubscriber(UniAssertSubscriber.create());
        await().until(() -> subscriber.getItem() != null || subscriber.getFailure() != null);
        return subscriber;
    }

    private static ReplicaOptions options(Path path) {
        return new ReplicaOptions(
                "quorate",
                2,
                1,
                path,
                WAL,
                Optional.empty(),
                Duration.ofSeconds(60),
                Duration.ofMillis(100),
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
    }
}
