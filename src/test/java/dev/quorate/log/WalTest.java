package dev.quorate.log;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.EntryKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The log against a plain list, and what it says of damaged files. Seeds are in the messages of failures. */
@Execution(ExecutionMode.CONCURRENT)
class WalTest {
    static final WalOptions SMALL = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));

    @TempDir
    Path directory;

    /** One entry of the model. */
    record Expected(long term, String text) {}

    static final SyncListener DEAF = new SyncListener() {
        @Override
        public void synced(long index) {}

        @Override
        public void forced(Duration took, long entries) {}

        @Override
        public void syncFailed(IOException cause, Path file) {
            throw new AssertionError(cause);
        }
    };

    static ByteBuffer payload(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static void sync(Wal wal) {
        await().pollInterval(Duration.ofMillis(1)).until(() -> {
            wal.requestSync();
            return wal.syncedIndex() == wal.lastIndex();
        });
    }

    static List<Expected> contents(Wal wal) throws IOException {
        List<Expected> found = new ArrayList<>();
        wal.replay(1, (index, term, kind, bytes) -> {
            byte[] text = new byte[bytes.remaining()];
            bytes.get(text);
            found.add(new Expected(term, new String(text, StandardCharsets.UTF_8)));
        });
        return found;
    }

    @Test
    void aSegmentWhoseHeaderCannotBeReadIsDamaged() throws IOException {
        Path file = directory.resolve(Segment.name(1));
        Unreadable.make(file);
        CorruptFileException damage = assertThrows(CorruptFileException.class, () -> Segment.open(file));
        assertTrue(String.valueOf(damage.getMessage()).startsWith(file + " is damaged"), damage.getMessage());
    }

    @Test
    void holdsWhatAListHolds() throws IOException {
        for (long seed = 1; seed <= 30; seed++) {
            Path path = directory.resolve("model-" + seed);
            run(seed, path);
        }
    }

    private static void run(long seed, Path path) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        List<Expected> model = new ArrayList<>();
        long term = 1;
        for (int opening = 0; opening < 4; opening++) {
            try (DataDirectory data = DataDirectory.open(path);
                    Wal wal = Wal.open(data, SMALL, DEAF)) {
                assertEquals(model, contents(wal), "after reopening, seed " + seed);
                assertEquals(0, wal.recovery().tornBytes(), "nothing is torn after an ordered end, seed " + seed);
                for (int step = 0; step < 120; step++) {
                    term += random.nextInt(8) == 0 ? 1 : 0;
                    step(random, wal, model, term);
                }
                assertEquals(model, contents(wal), "before closing, seed " + seed);
                for (int i = 1; i <= model.size(); i++) {
                    assertEquals(model.get(i - 1).term(), wal.termAt(i), "term of " + i + ", seed " + seed);
                }
            }
        }
    }

    private static void step(SplittableRandom random, Wal wal, List<Expected> model, long term) throws IOException {
        switch (random.nextInt(12)) {
            case 0 -> sync(wal);
            case 1 -> wal.requestSync();
            case 2 -> {
                if (!model.isEmpty() && random.nextInt(3) == 0) {
                    int from = model.size() - random.nextInt(Math.min(40, model.size()));
                    wal.truncateFrom(from, 0);
                    model.subList(from - 1, model.size()).clear();
                }
            }
            case 3 -> {
                if (!model.isEmpty()) {
                    // What one log gives another takes: the same bytes, parsed and appended further on.
                    Records batch = wal.batch(1 + random.nextInt(model.size()), 2_000);
                    Records parsed = Records.parse(batch.bytes(), batch.firstIndex());
                    assertEquals(batch.count(), parsed.count());
                    assertEquals(batch.bytes(), parsed.bytes());
                }
            }
            default -> {
                String text = "x".repeat(random.nextInt(random.nextInt(20) == 0 ? 70_000 : 300));
                wal.append(term, EntryKind.MUTATION, payload(text));
                model.add(new Expected(term, text));
            }
        }
    }

    @Test
    void aCrashAtAnyByteOfTheLastFrameLeavesAWholePrefix() throws IOException {
        Path original = directory.resolve("original");
        List<Expected> model = new ArrayList<>();
        long firstUnsynced = fill(original, model);
        Path file = newestSegment(original);
        byte[] whole = Files.readAllBytes(file);
        int end = lastUsed(whole);
        int start = frameStart(whole);
        SplittableRandom random = new SplittableRandom(11);
        int round = 0;
        // Not from its first byte on: a frame of which nothing arrived leaves no trace to be told.
        for (int cut = start + 1; cut < end; cut += 1 + random.nextInt(9)) {
            byte[] torn = whole.clone();
            Arrays.fill(torn, cut, torn.length, (byte) 0);
            assertRecovers(original, file, torn, model, firstUnsynced, "torn at " + cut, round++);
            byte[] flipped = whole.clone();
            flipped[cut] ^= (byte) (1 << random.nextInt(8));
            assertRecovers(original, file, flipped, model, firstUnsynced, "flipped at " + cut, round++);
        }
        assertTrue(round > 20, "many places were tried: " + round);
    }

    private void assertRecovers(
            Path original, Path file, byte[] bytes, List<Expected> model, long firstUnsynced, String what, int round)
            throws IOException {
        Path copy = directory.resolve("copy-" + round);
        copyDirectory(original, copy);
        Files.write(copy.resolve(file.getFileName()), bytes);
        try (DataDirectory data = DataDirectory.open(copy);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            List<Expected> found = contents(wal);
            assertTrue(found.size() >= firstUnsynced - 1, what + " lost what was synced");
            assertEquals(model.subList(0, found.size()), found, what);
            assertTrue(wal.recovery().tornBytes() > 0 || found.equals(model), what + " says that it was torn");
            wal.append(99, EntryKind.MUTATION, payload("after"));
            sync(wal);
        }
        try (DataDirectory data = DataDirectory.open(copy);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            assertEquals("after", contents(wal).get((int) wal.lastIndex() - 1).text(), what);
        }
    }

    @Test
    void damageBeforeTheTailStopsTheStartWithFileAndOffset() throws IOException {
        Path original = directory.resolve("original");
        fill(original, new ArrayList<>());
        Path file = newestSegment(original);
        byte[] whole = Files.readAllBytes(file);
        int start = frameStart(whole);
        SplittableRandom random = new SplittableRandom(5);
        for (int round = 0; round < 60; round++) {
            int at = SegmentFormat.HEADER_BYTES + random.nextInt(start - SegmentFormat.HEADER_BYTES);
            byte[] flipped = whole.clone();
            flipped[at] ^= (byte) (1 << random.nextInt(8));
            Path copy = directory.resolve("damaged-" + round);
            copyDirectory(original, copy);
            Files.write(copy.resolve(file.getFileName()), flipped);
            try (DataDirectory data = DataDirectory.open(copy)) {
                CorruptLogException refusal =
                        assertThrows(CorruptLogException.class, () -> Wal.open(data, SMALL, DEAF), "at " + at);
                assertTrue(
                        String.valueOf(refusal.getMessage()).contains(String.valueOf(file.getFileName())),
                        refusal.getMessage());
            }
        }
    }

    /** Three synced frames and a last one; returns the index of its first entry. Left as a crash leaves it. */
    private static long fill(Path path, List<Expected> model) throws IOException {
        Path live = path.resolveSibling(path.getFileName() + "-live");
        try (DataDirectory data = DataDirectory.open(live);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            for (int frame = 0; frame < 4; frame++) {
                for (int i = 0; i < 5; i++) {
                    String text = "frame " + frame + " entry " + i;
                    wal.append(1 + frame, EntryKind.MUTATION, payload(text));
                    model.add(new Expected(1 + frame, text));
                }
                sync(wal);
            }
            copyDirectory(live, path);
        }
        return 16;
    }

    static Path newestSegment(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.filter(file -> file.getFileName().toString().startsWith("wal-"))
                    .max(Path::compareTo)
                    .orElseThrow();
        }
    }

    private static int lastUsed(byte[] bytes) {
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    static int frameStart(byte[] whole) {
        ByteBuffer in = ByteBuffer.wrap(whole);
        int at = SegmentFormat.HEADER_BYTES;
        int last = at;
        while (in.getInt(at) == SegmentFormat.FRAME_MAGIC) {
            last = at;
            at += SegmentFormat.FRAME_BYTES + in.getInt(at + 4);
        }
        return last;
    }

    static void copyDirectory(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                if (Files.isRegularFile(file) && !file.getFileName().toString().startsWith("prepared-")) {
                    Files.copy(file, to.resolve(file.getFileName()));
                }
            }
        }
    }

    @Test
    void aSecondOpeningIsRefused() throws IOException {
        try (DataDirectory held = DataDirectory.open(directory.resolve("locked"))) {
            IOException refusal = assertThrows(IOException.class, () -> DataDirectory.open(held.path()));
            assertTrue(String.valueOf(refusal.getMessage()).contains("is in use"), refusal.getMessage());
        }
    }

    @Test
    void openedAndClosedManyTimesItLeavesNoThreads() throws IOException {
        Path path = directory.resolve("again");
        for (int i = 0; i < 30; i++) {
            try (DataDirectory data = DataDirectory.open(path);
                    Wal wal = Wal.open(data, SMALL, DEAF)) {
                wal.append(1, EntryKind.MUTATION, payload("x" + i));
            }
        }
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("quorate-sync-again")));
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, SMALL, DEAF)) {
            assertEquals(30, wal.lastIndex());
        }
    }
}
