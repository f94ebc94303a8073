package dev.quorate.log;

import static dev.quorate.log.WalTest.DEAF;
import static dev.quorate.log.WalTest.SMALL;
import static dev.quorate.log.WalTest.contents;
import static dev.quorate.log.WalTest.copyDirectory;
import static dev.quorate.log.WalTest.frameStart;
import static dev.quorate.log.WalTest.newestSegment;
import static dev.quorate.log.WalTest.payload;
import static dev.quorate.log.WalTest.sync;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.quorate.log.WalTest.Expected;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.InvariantViolation;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What was synced is there, or the log says where it is not; and what was not synced is never called synced. */
@Execution(ExecutionMode.CONCURRENT)
class DurabilityTest {
    private static final int PAGE_BYTES = 4096;

    @TempDir
    Path directory;

    private static void append(Wal wal, long term, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            wal.append(term, EntryKind.MUTATION, payload("entry " + (wal.lastIndex() + 1)));
        }
    }

    /** Opens a copy with one bit of one byte turned over. */
    private void assertRefused(Path original, Path file, byte[] whole, int at, int round) throws IOException {
        byte[] damaged = whole.clone();
        damaged[at] ^= (byte) (1 << (round % 8));
        Path copy = directory.resolve("damaged-" + round);
        copyDirectory(original, copy);
        Files.write(copy.resolve(file.getFileName()), damaged);
        try (DataDirectory data = DataDirectory.open(copy)) {
            CorruptLogException refusal = assertThrows(
                    CorruptLogException.class, () -> Wal.open(data, SMALL, DEAF).close(), "damage at " + at);
            String said = String.valueOf(refusal.getMessage());
            assertTrue(said.contains(file.getFileName() + " is damaged at offset "), said);
        }
    }

    @Test
    void afterATruncationAllThatIsLeftIsSynced() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            append(wal, 1, 5);
            sync(wal);
            append(wal, 1, 5);
            wal.truncateFrom(8, 0);
            assertEquals(7, wal.lastIndex());
            assertEquals(7, wal.syncedIndex());
        }
    }

    @Test
    void afterAnOrderedEndDamageAnywhereIsToldFromATornTail() throws IOException {
        Path original = directory.resolve("original");
        try (DataDirectory data = DataDirectory.open(original);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            append(wal, 1, 5);
            sync(wal);
            append(wal, 1, 5);
        }
        Path file = newestSegment(original);
        byte[] whole = Files.readAllBytes(file);
        int mark = frameStart(whole);
        int round = 0;
        for (int at = SegmentFormat.HEADER_BYTES; at < mark; at += 7) {
            assertRefused(original, file, whole, at, round++);
        }
        assertTrue(round > 30, "many places were tried: " + round);
    }

    @Test
    void afterAQuietSecondDamageAnywhereIsToldFromATornTail() throws IOException {
        Path live = directory.resolve("live");
        Path original = directory.resolve("original");
        List<Expected> model;
        try (DataDirectory data = DataDirectory.open(live);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            append(wal, 1, 10);
            sync(wal);
            long unmarked = wal.sizeBytes();
            await().until(() -> {
                wal.requestSync();
                return wal.sizeBytes() > unmarked;
            });
            long marked = wal.sizeBytes();
            assertEquals(unmarked + SegmentFormat.FRAME_BYTES, marked);
            copyDirectory(live, original);
            AtomicInteger hours = new AtomicInteger();
            // Often enough to outlast the mark's own sync, during which nothing would be marked anyway.
            await().pollInterval(Duration.ofMillis(1)).until(() -> {
                wal.markWhenQuiet(
                        System.nanoTime() + Duration.ofHours(hours.get()).toNanos());
                return hours.incrementAndGet() > 200;
            });
            assertEquals(marked, wal.sizeBytes(), "one mark, however long nothing comes");
            append(wal, 2, 3);
            sync(wal);
            model = contents(wal);
        }
        try (DataDirectory data = DataDirectory.open(live);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            assertEquals(model, contents(wal), "what came behind the mark goes on from it");
        }
        Path file = newestSegment(original);
        byte[] whole = Files.readAllBytes(file);
        int round = 0;
        for (int at = SegmentFormat.HEADER_BYTES; at < frameStart(whole); at += 7) {
            assertRefused(original, file, whole, at, round++);
        }
        assertTrue(round > 30, "many places were tried: " + round);
    }

    /** Also where the truncation is the only witness: no frame behind the damage names anything as synced. */
    @Test
    void damageBeforeATruncationThatWasJustMadeIsNoTornTail() throws IOException {
        int round = 0;
        for (int from : List.of(8, 4)) {
            Path live = directory.resolve("live-" + from);
            Path original = directory.resolve("original-" + from);
            Path file;
            try (DataDirectory data = DataDirectory.open(live);
                    Wal wal = Wal.open(data, SMALL, DEAF)) {
                append(wal, 1, 5);
                sync(wal);
                append(wal, 1, 5);
                file = newestSegment(live);
                wal.truncateFrom(from, 0);
                copyDirectory(live, original);
            }
            Path reopened = directory.resolve("reopened-" + from);
            copyDirectory(original, reopened);
            try (DataDirectory data = DataDirectory.open(reopened);
                    Wal wal = Wal.open(data, SMALL, DEAF)) {
                assertEquals(from - 1, wal.lastIndex(), "entries taken back in the middle of a batch stay away");
                assertEquals(0, wal.recovery().tornBytes());
            }
            byte[] whole = Files.readAllBytes(original.resolve(file.getFileName()));
            for (int at = SegmentFormat.HEADER_BYTES; at < frameStart(whole) + 200; at += 7) {
                assertRefused(original, file, whole, at, round++);
            }
        }
    }

    /** Were the tail overwritten, a crash halfway could leave old frames behind new ones. */
    @Test
    void aTornTailIsNotOverwritten() throws IOException {
        Path live = directory.resolve("live");
        Path torn = directory.resolve("torn");
        try (DataDirectory data = DataDirectory.open(live);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            append(wal, 1, 5);
            sync(wal);
            append(wal, 1, 5);
            copyDirectory(live, torn);
        }
        Path file = newestSegment(torn);
        byte[] before = Files.readAllBytes(file);
        try (DataDirectory data = DataDirectory.open(torn);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            assertEquals(5, wal.lastIndex(), "what was not sealed was not promised");
            assertEquals(file, wal.recovery().tornFile());
            append(wal, 1, 20);
        }
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    /** A power failure keeps any of the pages that no sync covered, and none in particular. */
    @Test
    void pagesThatArriveOutOfOrderLeaveAWholePrefixWithAllThatWasSynced() throws IOException {
        Path original = directory.resolve("original");
        Path live = directory.resolve("live");
        List<Expected> model;
        try (DataDirectory data = DataDirectory.open(live);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            append(wal, 1, 40);
            sync(wal);
            for (int i = 0; i < 3; i++) {
                append(wal, 2, 150);
                sync(wal);
            }
            model = contents(wal);
            copyDirectory(live, original);
        }
        Path file = newestSegment(original);
        byte[] whole = Files.readAllBytes(file);
        int lastFrame = frameStart(whole);
        int used = whole.length;
        while (whole[used - 1] == 0) {
            used--;
        }
        for (int seed = 1; seed <= 40; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] lossy = whole.clone();
            for (int page = lastFrame / PAGE_BYTES; page * PAGE_BYTES < used; page++) {
                if (random.nextBoolean()) {
                    Arrays.fill(lossy, Math.max(lastFrame, page * PAGE_BYTES), (page + 1) * PAGE_BYTES, (byte) 0);
                }
            }
            Path copy = directory.resolve("lossy-" + seed);
            copyDirectory(original, copy);
            Files.write(copy.resolve(file.getFileName()), lossy);
            recoverTwice(copy, model, 340, "seed " + seed);
        }
    }

    private static void recoverTwice(Path path, List<Expected> model, int synced, String what) throws IOException {
        List<Expected> kept;
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            kept = contents(wal);
            assertTrue(kept.size() >= synced, what + " kept " + kept.size());
            assertEquals(model.subList(0, kept.size()), kept, what);
            append(wal, 99, 2);
            kept = contents(wal);
        }
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            assertEquals(kept, contents(wal), what);
        }
    }

    /** What a killed process leaves, at any moment of a random life: all that was synced, and nothing that never was. */
    @Test
    void killedAtAnyMomentItKeepsWhatWasSynced() throws IOException {
        for (int seed = 1; seed <= 12; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Path live = directory.resolve("killed-" + seed);
            try (DataDirectory data = DataDirectory.open(live);
                    Wal wal = Wal.open(data, SMALL, DEAF)) {
                for (int step = 0; step < 8; step++) {
                    append(wal, 1 + step, random.nextInt(400));
                    if (random.nextBoolean()) {
                        sync(wal);
                    }
                    if (wal.lastIndex() > 0 && random.nextInt(3) == 0) {
                        wal.truncateFrom(1 + random.nextLong(wal.lastIndex()), 0);
                    }
                    if (random.nextBoolean()) {
                        wal.requestSync();
                    }
                    long synced = wal.syncedIndex();
                    Path copy = directory.resolve("killed-" + seed + "-" + step);
                    copyDirectory(live, copy);
                    recoverTwice(copy, contents(wal), (int) synced, "seed " + seed + " step " + step);
                }
            }
        }
    }

    @Test
    void aFailedSyncIsToldOnceAndFinal() throws IOException {
        AtomicInteger told = new AtomicInteger();
        SyncListener listener = new SyncListener() {
            @Override
            public void synced(long index) {}

            @Override
            public void forced(Duration took, long entries) {}

            @Override
            public void syncFailed(IOException cause, Path file) {
                told.incrementAndGet();
            }
        };
        try (DataDirectory data = DataDirectory.open(directory.resolve("failing"));
                Wal wal = Wal.open(data, SMALL, listener)) {
            append(wal, 1, 3);
            sync(wal);
            append(wal, 1, 3);
            // An interrupted thread's next force fails, as one of a dying disk does.
            Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals("quorate-sync-failing"))
                    .forEach(Thread::interrupt);
            wal.requestSync();
            await().until(() -> told.get() == 1);
            wal.requestSync();
            assertEquals(3, wal.syncedIndex());
            assertThrows(IOException.class, () -> append(wal, 1, 1));
            assertThrows(IOException.class, () -> wal.truncateFrom(5, 0));
            assertEquals(3, wal.syncedIndex());
        }
        assertEquals(1, told.get(), "nothing was tried again, not even at the end");
    }

    @Test
    void underAnIntervalWrittenCountsAndOnlySyncedIsDurable() throws IOException {
        WalOptions hourly = new WalOptions(1 << 16, SyncPolicy.INTERVAL, Duration.ofHours(1));
        Path path = directory.resolve("hourly");
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, hourly, DEAF)) {
            append(wal, 1, 3);
            wal.requestSync();
            await().until(() -> wal.durableIndex() == 3);
            append(wal, 1, 3);
            wal.requestSync();
            assertEquals(6, wal.syncedIndex());
            await().during(Duration.ofMillis(200)).until(() -> wal.durableIndex() == 3);
            wal.truncateFrom(6, 0);
            assertEquals(5, wal.durableIndex(), "a truncation waits for no interval");
            append(wal, 2, 1);
        }
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, hourly, DEAF)) {
            assertEquals(6, wal.lastIndex());
        }
    }

    @Test
    void aLogShorterThanItsCommitBoundOrWithoutItsNewestSegmentIsRefused() throws IOException {
        Path path = directory.resolve("short");
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            append(wal, 1, 3);
            data.writeCommitBound(4);
        }
        try (DataDirectory data = DataDirectory.open(path)) {
            assertThrows(CorruptLogException.class, () -> Wal.open(data, SMALL, DEAF));
            data.writeCommitBound(3);
            Wal.open(data, SMALL, DEAF).close();
        }
        Files.delete(newestSegment(path));
        try (DataDirectory data = DataDirectory.open(path)) {
            assertThrows(CorruptLogException.class, () -> Wal.open(data, SMALL, DEAF));
        }
    }

    @Test
    void aNewestSegmentThatWasNeverBornDoesNotStopTheStart() throws IOException {
        for (int written = 0; written < SegmentFormat.HEADER_BYTES - 16; written += 5) {
            Path path = directory.resolve("unborn-" + written);
            try (DataDirectory data = DataDirectory.open(path);
                    Wal wal = Wal.open(data, SMALL, DEAF)) {
                append(wal, 1, 3);
            }
            byte[] half = Arrays.copyOf(Arrays.copyOf(Files.readAllBytes(newestSegment(path)), written), 1 << 16);
            Files.write(path.resolve(Segment.name(2)), half);
            try (DataDirectory data = DataDirectory.open(path);
                    Wal wal = Wal.open(data, SMALL, DEAF)) {
                assertEquals(3, wal.lastIndex(), written + " bytes");
            }
        }
    }

    @Test
    void entriesOfAnySizeRollOverAndLeaveNoFilesBehind() throws IOException {
        Path path = directory.resolve("rolled");
        List<Expected> model = new ArrayList<>();
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            for (int i = 0; i < 12; i++) {
                String text = "x".repeat(i % 3 == 0 ? 200_000 : 20_000);
                wal.append(1, EntryKind.MUTATION, payload(text));
                model.add(new Expected(1, text));
                sync(wal);
            }
            assertEquals(model, contents(wal));
            try (Stream<Path> files = Files.list(path)) {
                long prepared = files.filter(
                                file -> file.getFileName().toString().startsWith("prepared-"))
                        .count();
                assertTrue(prepared <= 1, prepared + " prepared files");
            }
        }
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            assertEquals(model, contents(wal));
        }
    }

    @Test
    void withoutSpaceNothingIsAppendedAndWithSpaceItGoesOn() throws IOException {
        Path path = directory.resolve("full");
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            blockSegments(path);
            ByteBuffer large = payload("x".repeat(30_000));
            NoSpaceException refusal = assertThrows(NoSpaceException.class, () -> {
                for (int i = 0; i < 100; i++) {
                    wal.append(1, EntryKind.MUTATION, large);
                }
            });
            long last = wal.lastIndex();
            List<Expected> before = contents(wal);
            assertTrue(String.valueOf(refusal.getMessage()).contains("no room"), refusal.getMessage());
            sync(wal);
            assertThrows(NoSpaceException.class, () -> wal.append(1, EntryKind.MUTATION, large));
            assertThrows(NoSpaceException.class, () -> wal.truncateFrom(2, 0));
            assertEquals(before, contents(wal));
            freeSegments(path);
            await().until(() -> takes(wal, large));
            assertEquals(last + 1, wal.lastIndex());
            sync(wal);
        }
    }

    /** Else a replica whose disk is full could not be restarted: who leads begins its term with an entry. */
    @Test
    void withoutSpaceATermCanStillBeOpened() throws IOException {
        Path path = directory.resolve("full");
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            blockSegments(path);
            ByteBuffer small = payload("x");
            assertThrows(NoSpaceException.class, () -> {
                while (true) {
                    wal.append(1, EntryKind.MUTATION, small);
                }
            });
            for (int term = 2; term <= 30; term++) {
                appendNoOp(wal, term);
                sync(wal);
                assertThrows(NoSpaceException.class, () -> wal.append(30, EntryKind.MUTATION, small));
            }
            freeSegments(path);
        }
    }

    /** Else it would be full where its leader is not, and lack what others have: of three such two could not elect. */
    @Test
    void aFollowerNeedsNoMoreSegmentsThanItsLeader() throws IOException {
        SplittableRandom random = new SplittableRandom(20);
        try (DataDirectory leaders = DataDirectory.open(directory.resolve("leader"));
                DataDirectory followers = DataDirectory.open(directory.resolve("follower"));
                Wal leader = Wal.open(leaders, SMALL, DEAF);
                Wal follower = Wal.open(followers, SMALL, DEAF)) {
            while (leader.segments() < 20) {
                leader.append(1, EntryKind.MUTATION, payload("x".repeat(random.nextInt(9_000))));
            }
            sync(leader);
            while (follower.lastIndex() < leader.lastIndex()) {
                follower.append(leader.batch(follower.lastIndex() + 1, random.nextInt(50_000)));
                sync(follower);
                assertTrue(follower.segments() <= leader.segments());
            }
        }
    }

    /**
     * Of entries that free space there is room for some more, as who leads and as who follows, and who follows has room
     * for what its leader took already, whose log was synced less often and is shorter for that.
     */
    @Test
    void withoutSpaceThereIsRoomForWhatFreesSome() throws IOException {
        Path path = directory.resolve("full");
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            blockSegments(path);
            ByteBuffer small = payload("x".repeat(50));
            assertThrows(NoSpaceException.class, () -> {
                while (true) {
                    wal.append(1, EntryKind.MUTATION, small);
                }
            });
            for (int n = 0; n < 20; n++) {
                wal.append(records(wal.lastIndex() + 1, 1, EntryKind.MUTATION, small));
                sync(wal);
                assertThrows(NoSpaceException.class, () -> wal.append(1, EntryKind.MUTATION, small));
            }
            assertThrows(NoSpaceException.class, () -> {
                while (true) {
                    wal.append(records(wal.lastIndex() + 1, 1, EntryKind.MUTATION, small));
                }
            });
            for (int n = 0; n < 20; n++) {
                wal.append(1, EntryKind.MUTATION, small, true);
                wal.append(records(wal.lastIndex() + 1, 1, EntryKind.MUTATION, small), true);
                sync(wal);
                assertThrows(NoSpaceException.class, () -> wal.append(1, EntryKind.MUTATION, small));
                assertThrows(
                        NoSpaceException.class,
                        () -> wal.append(records(wal.lastIndex() + 1, 1, EntryKind.MUTATION, small)));
            }
            assertThrows(NoSpaceException.class, () -> {
                while (true) {
                    wal.append(1, EntryKind.MUTATION, small, true);
                }
            });
            for (int term = 2; term <= 20; term++) {
                appendNoOp(wal, term);
            }
            freeSegments(path);
        }
    }

    /** In turn as who leads does, and as who follows one. */
    private static void appendNoOp(Wal wal, long term) throws IOException {
        if (term % 2 == 0) {
            wal.append(term, EntryKind.NO_OP, payload(""));
        } else {
            wal.append(records(wal.lastIndex() + 1, term, EntryKind.NO_OP, payload("")));
        }
    }

    private static Records records(long index, long term, EntryKind kind, ByteBuffer payload) throws IOException {
        int length = payload.remaining();
        ByteBuffer record = ByteBuffer.allocate(RecordFormat.sizeBytes(length));
        RecordFormat.write(record, 0, index, term, kind.code(), payload.duplicate());
        record.putInt(RecordFormat.AT_CRC, RecordFormat.crc(new CRC32C(), record.duplicate(), 0, length));
        return Records.parse(record, index);
    }

    private static boolean takes(Wal wal, ByteBuffer payload) throws IOException {
        try {
            wal.append(wal.termAt(wal.lastIndex()), EntryKind.MUTATION, payload);
            return true;
        } catch (NoSpaceException e) {
            return false;
        }
    }

    /** No file can be made where a directory with something in it stands; the one prepared at opening is there. */
    private static void blockSegments(Path path) throws IOException {
        for (int i = 1; i < 4; i++) {
            Files.createDirectories(path.resolve("prepared-" + i + ".tmp").resolve("x"));
        }
    }

    private static void freeSegments(Path path) throws IOException {
        for (int i = 1; i < 4; i++) {
            Files.delete(path.resolve("prepared-" + i + ".tmp").resolve("x"));
            Files.deleteIfExists(path.resolve("prepared-" + i + ".tmp"));
        }
    }

    @Test
    void whatTruncatesFindsRoomForWhatIsAppendedThen() throws IOException {
        Path path = directory.resolve("full");
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            append(wal, 1, 5);
            sync(wal);
            blockSegments(path);
            assertThrows(NoSpaceException.class, () -> wal.truncateFrom(3, 100_000));
            assertEquals(5, wal.lastIndex());
            wal.truncateFrom(3, 20_000);
            wal.append(2, EntryKind.MUTATION, payload("x".repeat(19_000)));
            freeSegments(path);
        }
    }

    @Test
    void aTermThatGoesBackDoesNotGetIn() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            append(wal, 2, 1);
            assertThrows(InvariantViolation.class, () -> append(wal, 1, 1));
            assertEquals(1, wal.lastIndex());
        }
    }

    @Test
    void anAppendMakesNoObjects() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        WalOptions options = new WalOptions(1 << 24, SyncPolicy.ALWAYS, Duration.ofMillis(100));
        try (DataDirectory data = DataDirectory.open(directory);
                Wal wal = Wal.open(data, options, DEAF)) {
            ByteBuffer payload = payload("x".repeat(100));
            for (int i = 0; i < 20_000; i++) {
                wal.append(1, EntryKind.MUTATION, payload);
            }
            int count = 60_000;
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < count; i++) {
                wal.append(1, EntryKind.MUTATION, payload);
            }
            double each = (threads.getCurrentThreadAllocatedBytes() - before) / (double) count;
            // The offsets double now and then; the smallest object would be 16.
            assertTrue(each < 16, each + " bytes an entry");
        }
    }
}
