package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.DroppedSegments;
import dev.quorate.log.NoSpaceException;
import dev.quorate.log.SnapshotFile;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.Position;
import dev.quorate.store.KeyRecord;
import dev.quorate.store.MalformedMutationException;
import dev.quorate.store.MutationCodec;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica's log and store behind snapshots, its own and a leader's (protocol.md §7, §8). */
class StorageTest {
    private static final WalOptions WAL = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));
    private static final int KEEP = 10;

    @TempDir
    Path directory;

    private final List<Opened> opened = new ArrayList<>();

    /** One that is open, and its events. */
    private record Opened(DataDirectory data, Storage storage, ClusterEvents journal) {
        List<String> told() {
            AssertSubscriber<ClusterEvents.Item> reader =
                    journal.after(null, OptionalInt.empty()).subscribe().withSubscriber(AssertSubscriber.create(100));
            await().until(() -> journal.waiting() == 1);
            reader.cancel();
            return reader.getItems().stream()
                    .map(item -> ((ClusterEvents.Told) item).event().type().label())
                    .toList();
        }
    }

    private Opened open(String name) throws IOException {
        ReplicaOptions options = new ReplicaOptions(
                "quorate",
                3,
                1,
                directory.resolve(name),
                WAL,
                Optional.empty(),
                Duration.ofSeconds(60),
                Duration.ofSeconds(10),
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 20, KEEP),
                Duration.ofDays(1),
                false);
        DataDirectory data = DataDirectory.open(options.directory());
        try {
            ClusterEvents journal = new ClusterEvents();
            ReplicaEvents events = new ReplicaEvents(options, () -> 0, journal, new SilentListener());
            Storage storage = new Storage(data, options, LeadersLog.DEAF, events);
            Opened one = new Opened(data, storage, journal);
            opened.add(one);
            return one;
        } catch (IOException | RuntimeException e) {
            data.close();
            throw e;
        }
    }

    private void close(Opened one) throws IOException {
        opened.remove(one);
        one.storage.close();
    }

    @AfterEach
    void closeAll() {
        for (Opened one : List.copyOf(opened)) {
            try {
                close(one);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void write(Storage storage, long term, String key, String value) throws IOException {
        storage.append(term, MutationCodec.put(key, value.getBytes(StandardCharsets.UTF_8), "text/plain", 1, 5));
    }

    private static void fill(Storage storage, long term, int entries) throws IOException {
        for (int i = 0; i < entries; i++) {
            write(storage, term, "k" + storage.wal().lastIndex() % 50, "x".repeat(1_000));
        }
    }

    private static void commit(Storage storage, long index) throws IOException {
        await().pollInterval(Duration.ofMillis(1)).until(() -> {
            storage.wal().requestSync();
            return storage.wal().durableIndex() == storage.wal().lastIndex();
        });
        storage.committed(index);
    }

    private static @Nullable String value(Storage storage, String key) {
        KeyRecord record = storage.store().get(key);
        return record == null ? null : new String(record.value(), StandardCharsets.UTF_8);
    }

    private static SnapshotFile snapshot(Storage storage) throws IOException {
        PinnedState state = storage.pin();
        return MadeSnapshot.write(storage.snapshots(), state.header(), state.admissions(), state.pin());
    }

    private static void take(Storage storage) throws IOException {
        storage.snapshotTaken(snapshot(storage)).delete();
        storage.snapshots().keepOnly(storage.snapshots().newestFirst(), storage.keptSnapshots());
    }

    /** What a leader with that history sends: its file, under a name of its own in the follower's directory. */
    private RestoredState sent(Opened leader, String follower) throws IOException {
        SnapshotFile own = snapshot(leader.storage);
        Path received = directory.resolve(follower).resolve("received.tmp");
        Files.copy(own.path(), received);
        return RestoredState.read(SnapshotFile.open(received));
    }

    /** Entries 1..20 of term 1, the rest of term 3, 100 in all, committed; key "leader" was written last. */
    private Opened leader() throws IOException {
        Opened leader = open("leader");
        fill(leader.storage, 1, 20);
        leader.storage.admit(3, 2, 77);
        fill(leader.storage, 3, 78);
        write(leader.storage, 3, "leader", "yes");
        commit(leader.storage, 100);
        return leader;
    }

    private long rollbacks(String name) throws IOException {
        Path folder = directory.resolve(name).resolve("rollback");
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }

    // ---- its own ---------------------------------------------------------------------------------------------------

    @Test
    void aStartReadsTheSnapshotAndTheLogBehindIt() throws IOException {
        Opened one = leader();
        long leaderTimeMs =
                MutationCodec.leaderTimeMs(one.storage.wal().batch(100, 1).payload(0));
        write(one.storage, 3, "leader", "not committed");
        take(one.storage);
        write(one.storage, 3, "behind", "1");
        close(one);
        Opened again = open("leader");
        assertEquals("not committed", value(again.storage, "leader"), "the log behind it");
        assertEquals("1", value(again.storage, "behind"));
        assertEquals(100, again.storage.commitBound());
        assertEquals(77, again.storage.admissions().incarnation(2, 1));
        assertEquals(52, again.storage.store().size());
        again.storage.store().undoFrom(101);
        assertEquals("yes", value(again.storage, "leader"), "what is not committed is not in it");
        assertEquals(leaderTimeMs, again.storage.store().leaderTimeMs());
    }

    @Test
    void theLogIsCutWhereTheOlderSnapshotEnds() throws IOException {
        Opened one = leader();
        fill(one.storage, 3, 200);
        commit(one.storage, 250);
        take(one.storage);
        assertEquals(1, one.storage.wal().firstIndex(), "a damaged first one would leave nothing");
        fill(one.storage, 3, 200);
        commit(one.storage, 500);
        take(one.storage);
        long first = one.storage.wal().firstIndex();
        assertTrue(first > 150 && first <= 251, "begins at " + first);
        commit(one.storage, 500);
        fill(one.storage, 3, 2);
        commit(one.storage, 502);
        take(one.storage);
        assertTrue(one.storage.wal().firstIndex() <= 502 - KEEP + 1, "entries are kept for followers");
        assertEquals(2, one.storage.snapshots().newestFirst().size());
    }

    @Test
    void aDamagedNewestSnapshotIsReplacedByTheOneBefore() throws IOException {
        Opened one = leader();
        fill(one.storage, 3, 200);
        commit(one.storage, 250);
        take(one.storage);
        write(one.storage, 3, "between", "1");
        fill(one.storage, 3, 100);
        commit(one.storage, 401);
        take(one.storage);
        Path newest = one.storage.snapshots().newestFirst().get(0);
        close(one);
        byte[] bytes = Files.readAllBytes(newest);
        bytes[bytes.length / 2] ^= 1;
        Files.write(newest, bytes);
        Opened again = open("leader");
        assertEquals(List.of("snapshot-damaged", "started"), again.told());
        assertEquals("1", value(again.storage, "between"));
        assertEquals(new Position(3, 250), again.storage.wal().snapshot());
        assertEquals(401, again.storage.commitBound());
    }

    // ---- a leader's ------------------------------------------------------------------------------------------------

    @Test
    void oneAtOrBelowTheCommitIndexIsIgnored() throws IOException {
        Opened leader = leader();
        Opened follower = open("follower");
        fill(follower.storage, 3, 120);
        commit(follower.storage, 110);
        RestoredState state = sent(leader, "follower");
        assertEquals(0, follower.storage.install(state, 5).count());
        assertEquals(120, follower.storage.wal().lastIndex());
        assertNull(value(follower.storage, "leader"));
        assertFalse(Files.exists(state.file().path()));
        assertEquals(List.of(), follower.storage.snapshots().newestFirst());
    }

    @Test
    void whereTheLogHoldsItsEndAllEntriesBehindItStay() throws IOException {
        Opened leader = leader();
        RestoredState state = sent(leader, "leader");
        write(leader.storage, 3, "behind", "1");
        Opened follower = leader; // the same history, and longer
        follower.storage.store().committed(50);
        assertEquals(0, follower.storage.install(state, 5).count(), "below what is committed here");
        close(leader);

        Opened shorter = open("shorter");
        fill(shorter.storage, 1, 20);
        fill(shorter.storage, 3, 90);
        commit(shorter.storage, 30);
        Opened other = open("leader");
        RestoredState again = sent(other, "shorter");
        DroppedSegments dropped = shorter.storage.install(again, 5);
        dropped.delete();
        assertEquals(110, shorter.storage.wal().lastIndex());
        assertEquals(new Position(3, 100), shorter.storage.wal().snapshot());
        assertEquals(0, rollbacks("shorter"));
        assertEquals(1, shorter.storage.snapshots().newestFirst().size());
    }

    @Test
    void elseItTakesThePlaceOfLogAndStoreAndWhatItLacksIsSaved() throws IOException {
        Opened leader = leader();
        Opened follower = open("follower");
        fill(follower.storage, 1, 20);
        write(follower.storage, 2, "lost", "1");
        write(follower.storage, 2, "lost", "2");
        commit(follower.storage, 5);
        RestoredState state = sent(leader, "follower");
        follower.storage.install(state, 5).delete();
        follower.storage.committed(100);
        assertEquals("yes", value(follower.storage, "leader"));
        assertNull(value(follower.storage, "lost"));
        assertEquals(0, follower.storage.store().undoBytes());
        assertEquals(new Position(3, 100), follower.storage.wal().lastPosition());
        assertEquals(101, follower.storage.wal().firstIndex());
        assertEquals(77, follower.storage.admissions().incarnation(2, 1));
        List<Rollback> lost = follower.storage.rollbacks().newest(10).newest();
        assertEquals(
                List.of("2.22", "2.21"),
                lost.stream().map(write -> write.version() + "").toList());
        assertEquals(Rollback.State.DISCARDED, lost.get(0).state());
        write(follower.storage, 3, "leader", "on");
        close(follower);
        Opened again = open("follower");
        assertEquals("on", value(again.storage, "leader"));
        assertEquals(101, again.storage.wal().lastIndex());
        assertEquals(100, again.storage.commitBound());
    }

    @Test
    void aCrashBetweenSnapshotAndLogIsMadeGoodAtTheStart() throws IOException {
        Opened leader = leader();
        Opened follower = open("follower");
        fill(follower.storage, 1, 20);
        write(follower.storage, 2, "lost", "1");
        commit(follower.storage, 5);
        follower.storage.snapshots().adopt(sent(leader, "follower").file());
        close(follower);
        Opened again = open("follower");
        assertEquals("yes", value(again.storage, "leader"));
        assertEquals(new Position(3, 100), again.storage.wal().lastPosition());
        assertEquals(100, again.storage.commitBound());
        assertEquals(1, rollbacks("follower"));
        assertEquals(
                List.of("lost"),
                again.storage.rollbacks().newest(10).newest().stream()
                        .map(Rollback::key)
                        .toList());
    }

    @Test
    void withoutRoomForWhatMustBeSavedNothingIsDoneAndItIsTriedAgain() throws IOException {
        Opened leader = leader();
        Opened follower = open("follower");
        fill(follower.storage, 1, 20);
        write(follower.storage, 2, "lost", "1");
        commit(follower.storage, 5);
        RestoredState state = sent(leader, "follower");
        Path blocked = Files.createFile(directory.resolve("follower").resolve("rollback"));
        assertThrows(NoSpaceException.class, () -> follower.storage.install(state, 5));
        assertEquals("1", value(follower.storage, "lost"));
        assertEquals(21, follower.storage.wal().lastIndex());
        Files.delete(blocked);
        follower.storage.install(state, 5).delete();
        assertEquals("yes", value(follower.storage, "leader"));
    }

    /** An entry of a kind that this program does not know: the start ends, and with it all that it began. */
    @Test
    void aStartThatFailsLeavesNoThreadAndNoFileBehind() throws IOException {
        Opened one = open("unreadable");
        fill(one.storage, 1, 3);
        one.storage.wal().append(1, EntryKind.MUTATION, ByteBuffer.wrap(new byte[] {99}));
        assertFalse(threadsOf("unreadable").isEmpty());
        close(one);
        assertEquals(List.of(), threadsOf("unreadable"));
        List<String> before = files("unreadable");
        assertThrows(MalformedMutationException.class, () -> open("unreadable"));
        assertEquals(List.of(), threadsOf("unreadable"));
        assertEquals(before, files("unreadable"));
    }

    private static List<String> threadsOf(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(thread -> thread.endsWith("-" + name))
                .toList();
    }

    private List<String> files(String name) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(name))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
