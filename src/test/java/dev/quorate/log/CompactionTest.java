package dev.quorate.log;

import static dev.quorate.log.WalTest.DEAF;
import static dev.quorate.log.WalTest.SMALL;
import static dev.quorate.log.WalTest.copyDirectory;
import static dev.quorate.log.WalTest.payload;
import static dev.quorate.log.WalTest.sync;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.InvariantViolation;
import dev.quorate.protocol.Position;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A log that begins behind a snapshot, on real directories. */
@Execution(ExecutionMode.CONCURRENT)
class CompactionTest {
    @TempDir
    Path directory;

    private static void append(Wal wal, long term, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            wal.append(term, EntryKind.MUTATION, payload("entry " + (wal.lastIndex() + 1) + "x".repeat(1_000)));
        }
    }

    private static SnapshotHeader header(Wal wal, long index) {
        return new SnapshotHeader(new Position(wal.termAt(index), index), 0, wal.termStarts(index));
    }

    private static SnapshotHeader header(long term, long index) {
        return new SnapshotHeader(new Position(term, index), 0, List.of(new Position(1, 1), new Position(term, index)));
    }

    private static Wal open(DataDirectory data) throws IOException {
        SnapshotHeader newest = data.snapshots()
                .newestWhole(damaged -> {})
                .map(SnapshotFile::header)
                .orElse(null);
        return Wal.open(data, SMALL, DEAF, newest);
    }

    private static void snapshot(DataDirectory data, SnapshotHeader header) throws IOException {
        var unused = SnapshotFilesTest.write(data.snapshots(), header, new byte[1]);
    }

    private static void compact(DataDirectory data, Wal wal, long index) throws IOException {
        snapshot(data, header(wal, index));
        wal.snapshotTaken(new Position(wal.termAt(index), index));
        wal.dropUpTo(index).delete();
    }

    private static List<String> texts(Wal wal) {
        List<String> texts = new ArrayList<>();
        wal.replay(wal.firstIndex(), (index, term, kind, bytes) -> {
            byte[] text = new byte[bytes.remaining()];
            bytes.get(text);
            texts.add(new String(text, StandardCharsets.UTF_8));
        });
        return texts;
    }

    private long segmentFiles(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.filter(file -> file.getFileName().toString().startsWith("wal-"))
                    .count();
        }
    }

    @Test
    void aSegmentThatIsLetGoWhileItIsReadAgainIsGoneAndNotDamaged() throws IOException {
        Path path = directory.resolve("a");
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = open(data)) {
            append(wal, 1, 300);
            sync(wal);
            ColdSegment first = wal.coldSegments().get(0);
            snapshot(data, header(wal, 250));
            wal.snapshotTaken(new Position(1, 250));
            DroppedSegments dropped = wal.dropUpTo(250);
            List<Long> read = new ArrayList<>();
            assertThrows(
                    NoSuchFileException.class,
                    () -> first.verify(bytes -> {
                        if (read.isEmpty()) {
                            assertDoesNotThrow(dropped::delete);
                        }
                        read.add(bytes);
                    }));
            assertEquals(1, read.size());
        }
    }

    @Test
    void wholeSegmentsBelowTheSnapshotGoAndTheRestIsReadBack() throws IOException {
        Path path = directory.resolve("a");
        List<String> kept;
        long first;
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = open(data)) {
            append(wal, 1, 100);
            append(wal, 2, 200);
            sync(wal);
            long files = segmentFiles(path);
            assertTrue(files > 4, "several segments: " + files);
            assertThrows(InvariantViolation.class, () -> wal.dropUpTo(1), "before there is a snapshot");
            compact(data, wal, 250);
            first = wal.firstIndex();
            assertTrue(first > 150 && first <= 251, "begins at " + first);
            assertTrue(segmentFiles(path) < files);
            assertEquals(1, wal.termAt(100), "terms are known below the first entry");
            assertEquals(2, wal.termAt(101));
            assertEquals(101, wal.firstIndexOfTermAt(first));
            assertThrows(InvariantViolation.class, () -> wal.batch(first - 1, 10));
            assertEquals(first, wal.batch(first, 10).firstIndex());
            append(wal, 2, 5);
            sync(wal);
            kept = texts(wal);
        }
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = open(data)) {
            assertEquals(first, wal.firstIndex());
            assertEquals(305, wal.lastIndex());
            assertEquals(kept, texts(wal));
            assertEquals(1, wal.termAt(100));
            assertEquals(-1, wal.termAt(306));
            assertEquals(new Position(2, 250), wal.snapshot());
            assertEquals(List.of(new Position(1, 1), new Position(2, 101)), wal.termStarts(305));
            append(wal, 3, 1);
            sync(wal);
        }
        Files.delete(path.resolve("snapshot-00000000000000fa.snap"));
        try (DataDirectory data = DataDirectory.open(path)) {
            CorruptLogException refusal = assertThrows(CorruptLogException.class, () -> open(data));
            assertTrue(
                    String.valueOf(refusal.getMessage()).contains("no snapshot has those before"),
                    refusal.getMessage());
        }
    }

    /** A leader of the first term may lose even its first entry; found by {@code StorageModelTest}. */
    @Test
    void aLogWhoseFirstEntryWasRemovedIsReadBackOnceTheSegmentOfThatIsGone() throws IOException {
        Path path = directory.resolve("a");
        List<String> kept;
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = open(data)) {
            append(wal, 1, 3);
            sync(wal);
            wal.truncateFrom(1, 0);
            append(wal, 2, 3);
            sync(wal);
            compact(data, wal, 2);
            assertEquals(1, wal.firstIndex(), "it begins with entry 1 in another segment");
            kept = texts(wal);
        }
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = open(data)) {
            assertEquals(kept, texts(wal));
        }
        DirectoryScan scan = DirectoryScan.of(path, bytes -> {});
        assertEquals(3, scan.lastIndex());
        assertTrue(scan.files().stream().noneMatch(file -> file.name().startsWith("wal-") && file.isDamaged()));
    }

    /** A crash between two removals: the first segment left begins behind an entry that was taken back; so found as well. */
    @Test
    void aLogWhoseFirstSegmentWasTakenBackWithTheEntryBeforeItIsReadBack() throws IOException {
        Path path = directory.resolve("a");
        Path between = directory.resolve("between");
        List<String> all;
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = open(data)) {
            while (segmentFiles(path) < 2) {
                append(wal, 1, 1);
                sync(wal);
            }
            wal.truncateFrom(wal.lastIndex() - 1, 0);
            append(wal, 2, 10);
            sync(wal);
            all = texts(wal);
            snapshot(data, header(wal, wal.lastIndex() - 1));
            wal.snapshotTaken(new Position(2, wal.lastIndex() - 1));
            DroppedSegments dropped = wal.dropUpTo(wal.lastIndex() - 1);
            assertEquals(2, dropped.count());
            copyDirectory(path, between);
            dropped.delete();
        }
        Files.delete(between.resolve("wal-0000000000000001.seg"));
        DirectoryScan scan = DirectoryScan.of(between, bytes -> {});
        assertEquals(all.size(), scan.lastIndex());
        assertTrue(scan.files().stream().noneMatch(file -> file.name().startsWith("wal-") && file.isDamaged()));
        try (DataDirectory data = DataDirectory.open(between);
                Wal wal = open(data)) {
            assertEquals(all.subList((int) wal.firstIndex() - 1, all.size()), texts(wal));
            assertEquals(1, segmentFiles(between));
        }
    }

    @Test
    void aSyncUnderWayOutlivesItsSegment() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory.resolve("a"));
                Wal wal = open(data)) {
            for (int round = 0; round < 30; round++) {
                append(wal, 1, 70);
                sync(wal);
                append(wal, 1, 70);
                wal.requestSync();
                compact(data, wal, wal.syncedIndex());
            }
            sync(wal);
            assertEquals(wal.lastIndex(), wal.durableIndex(), "no sync failed");
        }
    }

    /** What a truncation took back stands in earlier segments: they go only where nothing later begins lower. */
    @Test
    void aLogWithTruncationsIsCutWhereItCanBegin() throws IOException {
        for (long seed = 1; seed <= 8; seed++) {
            run(seed, directory.resolve("model-" + seed));
        }
    }

    private static void run(long seed, Path path) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> model = new ArrayList<>();
        long committed = 0;
        long term = 1;
        for (int opening = 0; opening < 4; opening++) {
            try (DataDirectory data = DataDirectory.open(path);
                    Wal wal = open(data)) {
                assertEquals(model.subList((int) wal.firstIndex() - 1, model.size()), texts(wal), "seed " + seed);
                for (int step = 0; step < 40; step++) {
                    int choice = random.nextInt(8);
                    if (choice == 0 && model.size() > committed) {
                        long from = committed + 1 + random.nextInt((int) (model.size() - committed));
                        wal.truncateFrom(from, 0);
                        model.subList((int) from - 1, model.size()).clear();
                        term++;
                    } else if (choice == 1) {
                        sync(wal);
                        committed += random.nextInt((int) (model.size() - committed) + 1);
                    } else if (choice == 2 && committed > wal.snapshot().index()) {
                        sync(wal);
                        compact(data, wal, committed);
                    } else {
                        append(wal, term, 1 + random.nextInt(20));
                        for (int i = model.size() + 1; i <= wal.lastIndex(); i++) {
                            model.add("entry " + i + "x".repeat(1_000));
                        }
                    }
                    assertEquals(model.size(), wal.lastIndex(), "seed " + seed);
                    assertTrue(wal.firstIndex() <= wal.snapshot().index() + 1, "seed " + seed);
                }
                assertEquals(model.subList((int) wal.firstIndex() - 1, model.size()), texts(wal), "seed " + seed);
            }
        }
    }

    @Test
    void behindASnapshotInItsPlaceTheLogBeginsAnewAfterACrashAtAnyStep() throws IOException {
        Path path = directory.resolve("a");
        Path before = directory.resolve("before");
        Path between = directory.resolve("between");
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = open(data)) {
            append(wal, 1, 150);
            sync(wal);
            SnapshotHeader installed = header(4, 500);
            snapshot(data, installed);
            copyDirectory(path, before);
            assertFalse(wal.holds(installed.position()));
            DroppedSegments dropped = wal.restartAfter(installed);
            copyDirectory(path, between);
            assertTrue(dropped.count() > 1);
            dropped.delete();
            assertEquals(1, segmentFiles(path));
            assertEquals(501, wal.firstIndex());
            assertEquals(500, wal.syncedIndex());
            assertEquals(new Position(4, 500), wal.lastPosition());
            append(wal, 5, 1);
            sync(wal);
        }
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = open(data)) {
            assertEquals(501, wal.lastIndex());
            assertEquals(1, wal.termAt(499));
            assertEquals(4, wal.termAt(500));
        }
        try (DataDirectory data = DataDirectory.open(between);
                Wal wal = open(data)) {
            assertEquals(500, wal.lastIndex());
            assertEquals(501, wal.firstIndex());
            assertEquals(1, segmentFiles(between), "what it replaced is gone");
        }
        try (DataDirectory data = DataDirectory.open(before);
                Wal wal = open(data)) {
            assertEquals(150, wal.lastIndex(), "the old log, for its tail to be saved");
            assertFalse(wal.holds(new Position(4, 500)));
        }
    }

    /** A snapshot can be of a state that a power failure takes from the own log: a majority had it. */
    @Test
    void aLogThatEndsBeforeTheSnapshotIsNoDamage() throws IOException {
        Path path = directory.resolve("a");
        Path copy = directory.resolve("copy");
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = open(data)) {
            append(wal, 1, 10);
            sync(wal);
            copyDirectory(path, copy);
        }
        try (DataDirectory data = DataDirectory.open(copy)) {
            snapshot(data, header(1, 12));
            data.writeCommitBound(12);
            try (Wal wal = open(data)) {
                assertEquals(10, wal.lastIndex());
            }
            data.writeCommitBound(13);
            assertThrows(CorruptLogException.class, () -> open(data), "more was committed than the snapshot has");
        }
    }

    @Test
    void aSnapshotAloneIsALogThatBeginsBehindIt() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory.resolve("a"))) {
            snapshot(data, header(7, 1_000));
            try (Wal wal = open(data)) {
                assertEquals(new Position(7, 1_000), wal.lastPosition());
                assertEquals(1_001, wal.append(7, EntryKind.MUTATION, payload("x")));
                sync(wal);
            }
            try (Wal wal = open(data)) {
                assertEquals(1_001, wal.lastIndex());
            }
        }
    }
}
