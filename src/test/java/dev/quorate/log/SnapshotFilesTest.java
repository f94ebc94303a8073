package dev.quorate.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot is what was written, whole, or it is none. */
class SnapshotFilesTest {
    @TempDir
    Path directory;

    private static SnapshotHeader header(long index) {
        return new SnapshotHeader(
                new Position(3, index), 1_764_000_000_000L, List.of(new Position(1, 1), new Position(3, 5)));
    }

    static SnapshotFile write(SnapshotFiles files, SnapshotHeader header, byte[]... blocks) throws IOException {
        try (SnapshotWriter writer = files.begin(header)) {
            for (byte[] block : blocks) {
                writer.block(ByteBuffer.wrap(block));
            }
            return writer.finish();
        }
    }

    private static List<ByteBuffer> blocks(SnapshotFile file) throws IOException {
        List<ByteBuffer> blocks = new ArrayList<>();
        file.forEachBlock(block ->
                blocks.add(ByteBuffer.allocate(block.remaining()).put(block).flip()));
        return blocks;
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void whatWasWrittenIsReadBack() throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        List<ByteBuffer> blocks = new ArrayList<>();
        SnapshotFiles files = new SnapshotFiles(directory);
        SnapshotFile written;
        try (SnapshotWriter writer = files.begin(header(9))) {
            for (int size : new int[] {1, 70_000, 65_536, 3, 20 << 20, 65_535}) {
                byte[] block = new byte[size];
                random.nextBytes(block);
                blocks.add(ByteBuffer.wrap(block));
                writer.block(ByteBuffer.wrap(block));
            }
            assertEquals(List.of("snapshot-0000000000000009.snap.tmp"), names(), "no name before it is whole");
            written = writer.finish();
        }
        assertEquals(List.of("snapshot-0000000000000009.snap"), names());
        SnapshotFile read = SnapshotFile.open(written.path());
        assertEquals(written, read);
        assertEquals(header(9), read.header());
        assertEquals(Files.size(read.path()), read.sizeBytes());
        assertEquals(blocks, blocks(read));
    }

    @Test
    void oneThatCannotBeReadIsDamagedAndTheOneBeforeIsUsed() throws IOException {
        SnapshotFiles files = new SnapshotFiles(directory);
        SnapshotFile before = write(files, header(9), new byte[10]);
        Unreadable.make(files.path(10));
        List<String> told = new ArrayList<>();
        assertEquals(
                before,
                files.newestWhole(damage -> told.add(damage.getMessage())).orElseThrow());
        assertEquals(1, told.size());
        assertTrue(told.get(0).contains("snapshot-000000000000000a.snap is damaged at offset 0"), told.get(0));
    }

    @Test
    void anyDamageToAnyByteIsNoticed() throws IOException {
        SnapshotFile written =
                write(new SnapshotFiles(directory), header(9), new byte[] {1, 2, 3}, new byte[40], new byte[] {7});
        byte[] whole = Files.readAllBytes(written.path());
        int damages = 0;
        for (int at = 0; at < whole.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] damaged = whole.clone();
                damaged[at] ^= (byte) (1 << bit);
                assertDamaged(written.path(), damaged, "bit " + bit + " of byte " + at);
                damages++;
            }
        }
        for (int length = 0; length < whole.length; length++) {
            assertDamaged(written.path(), Arrays.copyOf(whole, length), "cut to " + length);
        }
        assertDamaged(written.path(), Arrays.copyOf(whole, whole.length + 1), "a byte too many");
        assertTrue(damages > 1_000, "many were tried: " + damages);
    }

    private static void assertDamaged(Path file, byte[] bytes, String what) throws IOException {
        Files.write(file, bytes);
        CorruptFileException said = assertThrows(CorruptFileException.class, () -> SnapshotFile.open(file), what);
        assertTrue(String.valueOf(said.getMessage()).contains(String.valueOf(file.getFileName())), said.getMessage());
    }

    @Test
    void theNewestThatIsWholeCounts() throws IOException {
        SnapshotFiles files = new SnapshotFiles(directory);
        assertTrue(files.newestWhole(damaged -> {}).isEmpty());
        SnapshotFile older = write(files, header(9), new byte[1]);
        SnapshotFile newer = write(files, header(300), new byte[1]);
        assertEquals(newer, files.newestWhole(damaged -> {}).orElseThrow());
        byte[] bytes = Files.readAllBytes(newer.path());
        bytes[50] ^= 1;
        Files.write(newer.path(), bytes);
        List<String> told = new ArrayList<>();
        assertEquals(
                older,
                files.newestWhole(damaged -> told.add(damaged.getMessage())).orElseThrow());
        assertEquals(1, told.size());
        assertTrue(told.get(0).contains("snapshot-000000000000012c.snap"), told.get(0));
        files.keepOnly(files.newestFirst(), List.of(older));
        assertEquals(List.of("snapshot-0000000000000009.snap"), names());
    }

    /** Of a leader's that is installed while old ones are removed: the log has let go of all that it holds. */
    @Test
    void oneThatComesWhileOthersAreRemovedStays() throws IOException {
        SnapshotFiles files = new SnapshotFiles(directory);
        SnapshotFile kept = write(files, header(5), new byte[1]);
        write(files, header(3), new byte[1]);
        List<Path> found = files.newestFirst();
        write(files, header(9), new byte[1]);
        files.keepOnly(found, List.of(kept));
        assertEquals(List.of("snapshot-0000000000000005.snap", "snapshot-0000000000000009.snap"), names());
    }

    @Test
    void oneThatWasNotFinishedLeavesNothing() throws IOException {
        SnapshotFiles files = new SnapshotFiles(directory);
        try (SnapshotWriter writer = files.begin(header(9))) {
            writer.block(ByteBuffer.wrap(new byte[10]));
        }
        assertEquals(List.of(), names());
        Files.write(directory.resolve("snapshot-0000000000000009.snap.tmp"), new byte[3]);
        files.removeUnfinished();
        assertEquals(List.of(), names());
    }
}
