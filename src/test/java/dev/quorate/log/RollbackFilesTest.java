package dev.quorate.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.EntryKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries that left the log can be read again, or the file says that it is damaged. */
class RollbackFilesTest {
    @TempDir
    Path directory;

    private RollbackFiles files = new RollbackFiles(Path.of("not-set"));

    @BeforeEach
    void folder() {
        files = new RollbackFiles(directory.resolve("rollback"));
    }

    private Records records(String name, String text) throws IOException {
        try (DataDirectory data = DataDirectory.open(directory.resolve(name));
                Wal wal = Wal.open(data, WalTest.SMALL, WalTest.DEAF)) {
            wal.append(1, EntryKind.NO_OP, ByteBuffer.allocate(0));
            wal.append(1, EntryKind.MUTATION, WalTest.payload(text));
            return wal.batch(1, Integer.MAX_VALUE);
        }
    }

    @Test
    void whatIsSavedCanBeReadAndNoFileIsReplaced() throws IOException {
        assertEquals(List.of(), files.newestFirst());
        Records one = records("one", "gone");
        Path first = files.save(one, 2, 1_700);
        Path second = files.save(records("other", "lost"), 2, 1_800);
        assertEquals("2-1-2-1.rb", first.getFileName().toString());
        assertEquals("2-1-2-2.rb", second.getFileName().toString());
        assertEquals(first, files.save(one, 2, 1_900), "the same again is the same file");
        RollbackFiles.Saved read = files.read(second);
        assertEquals(WalTest.payload("lost"), read.records().payload(1));
        assertEquals(2, read.deposedInTerm());
        assertEquals(1_800, read.savedAtMs());
        assertEquals(1_700, files.read(first).savedAtMs());
    }

    @Test
    void oneThatCannotBeReadIsDamaged() throws IOException {
        Path file = files.save(records("one", "gone"), 2, 1_700);
        Unreadable.make(file);
        assertThrows(CorruptFileException.class, () -> files.read(file));
        Files.delete(file);
        assertThrows(NoSuchFileException.class, () -> files.read(file));
    }

    @Test
    void theLatestTermsComeFirstByNumberNotByName() throws IOException {
        Records removed = records("one", "gone");
        Path ninth = files.save(removed, 9, 1);
        Path tenth = files.save(removed, 10, 2);
        Files.writeString(directory.resolve("rollback/notes.txt"), "an operator's");
        Files.writeString(directory.resolve("rollback/10-1-2-2.rb.tmp"), "half written");
        assertEquals(List.of(tenth, ninth), files.newestFirst());
    }

    @Test
    void settlingIsRememberedAndATornOneIsOpenAgain() throws IOException {
        Path file = files.save(records("one", "gone"), 2, 1_700);
        assertFalse(files.read(file).isSettled());
        files.settle(file, 2);
        assertEquals(2, files.read(file).discardedFrom());
        assertEquals(1_700, files.read(file).savedAtMs());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        assertFalse(files.read(file).isSettled());
        assertEquals(file, files.save(records("again", "gone"), 2, 1_900), "the tail is not what tells files apart");
    }

    @Test
    void aFileOfTheFirstBuildsHasNoTail() throws IOException {
        Path file = files.save(records("one", "gone"), 2, 1_700);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 24));
        assertEquals(0, files.read(file).savedAtMs());
        assertFalse(files.read(file).isSettled());
        files.settle(file, 3);
        assertEquals(3, files.read(file).discardedFrom());
        assertEquals(0, files.read(file).savedAtMs());
    }

    @Test
    void anyDamageToTheEntriesIsSaidWithTheFilesName() throws IOException {
        Path file = files.save(records("one", "gone"), 2, 1_700);
        byte[] whole = Files.readAllBytes(file);
        for (int at = 0; at < whole.length - 24; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 4;
            Files.write(file, damaged);
            CorruptFileException refusal =
                    assertThrows(CorruptFileException.class, () -> files.read(file), "byte " + at);
            assertTrue(String.valueOf(refusal.getMessage()).contains("2-1-2-1.rb"), refusal.getMessage());
        }
        for (int length = 0; length < whole.length - 24; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThrows(CorruptFileException.class, () -> files.read(file), "cut to " + length);
        }
    }
}
