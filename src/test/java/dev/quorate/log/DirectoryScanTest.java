package dev.quorate.log;

import static dev.quorate.log.WalTest.DEAF;
import static dev.quorate.log.WalTest.SMALL;
import static dev.quorate.log.WalTest.copyDirectory;
import static dev.quorate.log.WalTest.payload;
import static dev.quorate.log.WalTest.sync;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What is said of a directory without opening it, against what a start says. */
@Execution(ExecutionMode.CONCURRENT)
class DirectoryScanTest {
    private static final int ENTRIES = 60;

    @TempDir
    Path temporary;

    private Path closedInOrder() throws IOException {
        return closedInOrder(temporary.resolve("original"));
    }

    /** Three segments, a truncation, a mark at the end; with a snapshot at each of these indexes, and the log cut at the first. */
    private static Path closedInOrder(Path path, long... snapshots) throws IOException {
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            data.writeIdentityAndSync(
                    new DirectoryIdentity("quorate", 1, 0, "auto", Stage.FORMED, 7, 8, List.of(8L)).encode());
            data.saveAndSync(new HardState(3, 0));
            for (int i = 1; i <= ENTRIES; i++) {
                wal.append(1 + i / 30, EntryKind.MUTATION, payload("entry " + i + " " + "x".repeat(1_500)));
                if (i % 10 == 0) {
                    sync(wal);
                }
            }
            wal.truncateFrom(ENTRIES - 1, 0);
            wal.append(3, EntryKind.MUTATION, payload("another"));
            sync(wal);
            data.writeCommitBound(ENTRIES - 5);
            for (long index : snapshots) {
                Position position = new Position(wal.termAt(index), index);
                var unused = SnapshotFilesTest.write(
                        data.snapshots(), new SnapshotHeader(position, 0, wal.termStarts(index)), new byte[100]);
                wal.snapshotTaken(position);
                wal.dropUpTo(snapshots[0]).delete();
            }
        }
        return path;
    }

    private static DirectoryScan scan(Path path) throws IOException {
        return DirectoryScan.of(path, bytes -> {});
    }

    private static Set<String> damaged(Path path) throws IOException {
        return scan(path).files().stream()
                .filter(ScannedFile::isDamaged)
                .map(ScannedFile::name)
                .collect(Collectors.toSet());
    }

    /** Empty where the directory opens, else the refusal. */
    private static String opened(Path path) {
        try (DataDirectory data = DataDirectory.open(path)) {
            var unused = data.readIdentity().map(DirectoryIdentity::decode);
            data.requireLog();
            data.readHardState();
            SnapshotHeader newest = data.snapshots()
                    .newestWhole(damaged -> {})
                    .map(SnapshotFile::header)
                    .orElse(null);
            Wal.open(data, SMALL, DEAF, newest).close();
            return "";
        } catch (IOException | IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static List<Path> files(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.filter(file -> !file.endsWith("lock")).sorted().toList();
        }
    }

    @Test
    void tellsWhatTheLogHolds() throws IOException {
        Path path = closedInOrder();
        DirectoryScan scan = scan(path);
        assertEquals(Set.of(), damaged(path));
        assertEquals(ENTRIES - 1, scan.lastIndex());
        assertEquals(ENTRIES - 5, scan.commitBound().orElse(0));
        assertEquals(new HardState(3, 0), scan.hardState().orElseThrow());
        assertEquals(7, scan.identity().orElseThrow().setId());
        List<String> texts = new ArrayList<>();
        scan.forEachEntry((index, term, kind, bytes) -> {
            assertEquals(texts.size() + 1, index);
            texts.add(StandardCharsets.UTF_8.decode(bytes).toString());
        });
        assertEquals(ENTRIES - 1, texts.size());
        assertTrue(texts.get(ENTRIES - 3).startsWith("entry " + (ENTRIES - 2)), "those before the truncation");
        assertEquals("another", texts.get(ENTRIES - 2));
        assertTrue(scan.segments().size() >= 3, scan.segments().toString());
        assertEquals(
                ENTRIES - 1,
                scan.segments().stream().mapToLong(ScannedSegment::entries).sum());
    }

    @Test
    void knowsALogThatBeginsBehindASnapshot() throws IOException {
        Path path = closedInOrder(temporary.resolve("compacted"), 45, ENTRIES - 5);
        DirectoryScan scan = scan(path);
        assertEquals(Set.of(), damaged(path));
        assertEquals(2, scan.snapshots().size());
        assertTrue(scan.firstIndex() > 1 && scan.firstIndex() <= 46, "it begins with " + scan.firstIndex());
        assertEquals(ENTRIES - 1, scan.lastIndex());
        List<Long> indexes = new ArrayList<>();
        scan.forEachEntry((index, term, kind, bytes) -> indexes.add(index));
        assertEquals(ENTRIES - scan.firstIndex(), indexes.size());
        Files.delete(scan.snapshots().get(0).path());
        Files.delete(scan.snapshots().get(1).path());
        String first = scan.segments().get(0).name();
        assertEquals(Set.of(first), damaged(path));
        assertTrue(scan(path).files().stream().anyMatch(file -> file.note().contains("no snapshot has those before")));
    }

    /** A byte turned over, a file cut short, a file gone: damaged is what a start refuses, and nothing else is. */
    @Test
    void callsDamagedWhatAStartRefuses() throws IOException {
        assertAgrees(closedInOrder(), 0.5);
    }

    /** One snapshot, which is needed, and the newest segment only; then two, of which either will do. */
    @Test
    void agreesWithAStartOnCompactedDirectories() throws IOException {
        assertAgrees(closedInOrder(temporary.resolve("one"), ENTRIES - 1), 0.25);
        assertAgrees(closedInOrder(temporary.resolve("two"), 45, ENTRIES - 5), 0.25);
    }

    private void assertAgrees(Path original, double share) throws IOException {
        SplittableRandom random = new SplittableRandom(4);
        int refused = 0;
        int round = 0;
        for (Path file : files(original)) {
            byte[] whole = Files.readAllBytes(file);
            int used = whole.length;
            while (used > 1 && whole[used - 1] == 0) {
                used--;
            }
            for (int i = 0; i < 8; i++, round++) {
                Path copy = temporary.resolve(original.getFileName() + "-" + round);
                copyDirectory(original, copy);
                Path damagedFile = copy.resolve(file.getFileName());
                byte[] bytes = whole.clone();
                int at = random.nextInt(used);
                String what =
                        file.getFileName() + ", " + (i == 0 ? "gone" : i < 3 ? "cut at " + at : "changed at " + at);
                if (i == 0) {
                    Files.delete(damagedFile);
                } else if (i < 3) {
                    Files.write(damagedFile, Arrays.copyOf(bytes, at));
                } else {
                    bytes[at] ^= (byte) (1 << random.nextInt(8));
                    Files.write(damagedFile, bytes);
                }
                Set<String> told = new HashSet<>(damaged(copy));
                String refusal = opened(copy);
                if (SnapshotFiles.isSnapshot(file)) { // said of it alone, and of the log if that needs it
                    assertEquals(i > 0, told.remove(String.valueOf(file.getFileName())), what);
                }
                assertEquals(refusal.isEmpty(), told.isEmpty(), what + ": " + told + " but " + refusal);
                assertTrue(
                        refusal.isEmpty() || told.stream().anyMatch(refusal::contains),
                        what + ": " + told + " but " + refusal);
                refused += refusal.isEmpty() ? 0 : 1;
            }
        }
        assertTrue(refused > round * share, refused + " of " + round);
    }

    @Test
    void changesNoByteAndNoTime() throws IOException {
        Path path = closedInOrder();
        List<String> before = fingerprint(path);
        scan(path);
        assertEquals(before, fingerprint(path));
    }

    private static List<String> fingerprint(Path path) throws IOException {
        List<String> all = new ArrayList<>();
        all.add(String.valueOf(Files.getLastModifiedTime(path)));
        for (Path file : files(path)) {
            all.add(file.getFileName() + " " + Files.getLastModifiedTime(file) + " "
                    + Arrays.hashCode(Files.readAllBytes(file)));
        }
        return all;
    }

    /** Both the directory itself and copies of it, made without regard to what is written meanwhile. */
    @Test
    void readsADirectoryThatIsWrittenTo() throws IOException, InterruptedException {
        Path path = temporary.resolve("live");
        AtomicBoolean over = new AtomicBoolean();
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            Thread writer = new Thread(() -> write(wal, over));
            writer.start();
            Set<Long> seen = new HashSet<>();
            for (int copy = 0; seen.size() < 3 || copy < 6; copy++) {
                Path copied = temporary.resolve("copy-" + copy);
                copyDirectory(path, copied);
                seen.add(entriesIn(copied));
                entriesIn(path);
            }
            over.set(true);
            writer.join();
        }
    }

    private static void write(Wal wal, AtomicBoolean over) {
        try {
            while (!over.get()) {
                wal.append(1, EntryKind.MUTATION, payload("entry " + (wal.lastIndex() + 1)));
                wal.requestSync();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that counts is what was appended; how many. */
    private static long entriesIn(Path path) throws IOException {
        DirectoryScan scan = scan(path);
        scan.forEachEntry((index, term, kind, bytes) -> assertEquals(
                "entry " + index, StandardCharsets.UTF_8.decode(bytes).toString()));
        return scan.lastIndex();
    }
}
