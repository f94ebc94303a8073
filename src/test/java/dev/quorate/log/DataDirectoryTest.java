package dev.quorate.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The small files beside the log, and records as they travel. */
class DataDirectoryTest {
    @TempDir
    Path directory;

    /** What another process finds. */
    static final class Intruder {
        private Intruder() {}

        public static void main(String[] arguments) throws IOException {
            DataDirectory.open(Path.of(arguments[0])).close();
        }
    }

    private static boolean anotherProcessGetsIn(Path path) throws IOException, InterruptedException {
        Process intruder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Intruder.class.getName(),
                        path.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(intruder.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = intruder.waitFor();
        assertTrue(code == 0 || said.contains("is in use by another process"), said);
        return code == 0;
    }

    @Test
    void aRefusalKeepsTheLockAgainstOtherProcesses() throws IOException, InterruptedException {
        Path path = directory.resolve("locked");
        try (DataDirectory held = DataDirectory.open(path)) {
            assertThrows(IOException.class, () -> DataDirectory.open(held.path()));
            assertThrows(IOException.class, () -> DataDirectory.open(held.path()));
            assertFalse(anotherProcessGetsIn(path));
        }
        assertTrue(anotherProcessGetsIn(path));
        try (DataDirectory again = DataDirectory.open(path)) {
            assertFalse(anotherProcessGetsIn(again.path()));
        }
    }

    @Test
    void savingAfterAStartReplacesTheOlderSlotAlsoUnread() throws IOException {
        for (int i = 1; i <= 9; i++) {
            try (DataDirectory data = DataDirectory.open(directory)) {
                data.saveAndSync(new HardState(i, i % 3));
            }
            try (DataDirectory data = DataDirectory.open(directory)) {
                assertEquals(new HardState(i, i % 3), data.readHardState());
                assertEquals(new HardState(i, i % 3), data.readHardState(), "asked again");
            }
        }
    }

    /** A term or a vote that came back from the dead would be given twice. */
    @Test
    void hardStateOutlivesATornWriteAndDecayOfEitherOfItsSlots() throws IOException {
        Path file = directory.resolve("hard-state");
        byte[] before;
        try (DataDirectory data = DataDirectory.open(directory)) {
            data.saveAndSync(new HardState(3, 1));
            before = Files.readAllBytes(file);
            data.saveAndSync(new HardState(4, 2));
        }
        byte[] saved = Files.readAllBytes(file);
        for (int at = 0; at < 2 * 4096; at = at == 31 ? 4096 : at == 4096 + 31 ? 2 * 4096 : at + 1) {
            byte[] decayed = saved.clone();
            decayed[at] ^= 0x55;
            assertHardState(decayed, new HardState(4, 2), "byte " + at);
        }
        for (int slot : new int[] {0, 4096}) {
            byte[] torn = before.clone();
            torn[slot + 20] ^= 1;
            assertHardState(torn, new HardState(3, 1), "the write of term 4 was torn at " + slot);
            byte[] between = before.clone();
            System.arraycopy(saved, slot, between, slot, 32);
            assertHardState(between, new HardState(4, 2), "only slot " + slot + " was written");
        }
        byte[] lost = saved.clone();
        lost[8] ^= 1;
        lost[4096 + 8] ^= 1;
        Files.write(file, lost);
        try (DataDirectory data = DataDirectory.open(directory)) {
            assertThrows(CorruptFileException.class, data::readHardState);
        }
    }

    /** And both slots say so again. */
    private void assertHardState(byte[] bytes, HardState expected, String what) throws IOException {
        Path file = directory.resolve("hard-state");
        Files.write(file, bytes);
        try (DataDirectory data = DataDirectory.open(directory)) {
            assertEquals(expected, data.readHardState(), what);
            byte[] healed = Files.readAllBytes(file);
            assertArrayEquals(Arrays.copyOf(healed, 32), Arrays.copyOfRange(healed, 4096, 4096 + 32), what);
            data.saveAndSync(new HardState(9, 0));
            assertEquals(new HardState(9, 0), data.readHardState(), what);
        }
    }

    @Test
    void anyDamageToTheIdentityIsSaidWithTheFilesName() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            assertTrue(data.readIdentity().isEmpty());
            byte[] identity = "set 42, replica 1".getBytes(StandardCharsets.UTF_8);
            data.writeIdentityAndSync(identity);
            assertArrayEquals(identity, data.readIdentity().orElseThrow());
            byte[] whole = Files.readAllBytes(directory.resolve("identity"));
            for (int at = 0; at < whole.length; at++) {
                byte[] damaged = whole.clone();
                damaged[at] ^= 4;
                Files.write(directory.resolve("identity"), damaged);
                CorruptFileException refusal =
                        assertThrows(CorruptFileException.class, data::readIdentity, "byte " + at);
                assertTrue(String.valueOf(refusal.getMessage()).contains("identity"), refusal.getMessage());
            }
        }
    }

    @Test
    void whatCannotBeReadIsNoneOrDamaged() throws IOException {
        try (FileChannel broken = FileChannel.open(Unreadable.FILE, StandardOpenOption.READ)) {
            assertTrue(DataDirectory.hardStateIn(broken, 0).isEmpty());
            assertTrue(DataDirectory.readNumber(broken, 0).isEmpty());
        }
        Path identity = directory.resolve("identity");
        Unreadable.make(identity);
        CorruptFileException damage =
                assertThrows(CorruptFileException.class, () -> DataDirectory.identityIn(identity));
        assertTrue(String.valueOf(damage.getMessage()).startsWith(identity + " is damaged"), damage.getMessage());
    }

    @Test
    void aTornCommitBoundIsNone() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            assertEquals(OptionalLong.of(0), data.readCommitBound());
            data.writeCommitBound(77);
            assertEquals(OptionalLong.of(77), data.readCommitBound());
            byte[] whole = Files.readAllBytes(directory.resolve("commit-bound"));
            for (int at = 0; at < whole.length; at++) {
                byte[] torn = whole.clone();
                torn[at] ^= 1;
                Files.write(directory.resolve("commit-bound"), torn);
                assertEquals(OptionalLong.empty(), data.readCommitBound(), "byte " + at);
            }
        }
    }

    @Test
    void theNoteOfTheNewestSegmentOutlivesATornWrite() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            for (long sequence = 1; sequence <= 6; sequence++) {
                data.writeNewestSegmentAndSync(sequence);
                assertEquals(OptionalLong.of(sequence), data.readNewestSegment());
            }
            byte[] whole = Files.readAllBytes(directory.resolve("newest"));
            byte[] torn = whole.clone();
            torn[3] ^= 1; // 6 stands in the even slot
            Files.write(directory.resolve("newest"), torn);
            assertEquals(OptionalLong.of(5), data.readNewestSegment());
            torn[4096 + 3] ^= 1;
            Files.write(directory.resolve("newest"), torn);
            assertThrows(CorruptFileException.class, data::readNewestSegment);
        }
    }

    private static Records records(Path path, String text) throws IOException {
        try (DataDirectory data = DataDirectory.open(path);
                Wal wal = Wal.open(data, WalTest.SMALL, WalTest.DEAF)) {
            wal.append(1, EntryKind.NO_OP, ByteBuffer.allocate(0));
            wal.append(1, EntryKind.MUTATION, WalTest.payload(text));
            return wal.batch(1, Integer.MAX_VALUE);
        }
    }

    /** No bit of a record may change on its way unnoticed, nor may its end be missing. */
    @Test
    void damagedRecordsAreRefused() throws IOException {
        Records sent = records(directory, "a payload of some length");
        byte[] whole = new byte[sent.sizeBytes()];
        sent.bytes().get(whole);
        assertEquals(2, Records.parse(ByteBuffer.wrap(whole), 1).count());
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] damaged = whole.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertThrows(
                    MalformedRecordsException.class, () -> Records.parse(ByteBuffer.wrap(damaged), 1), "bit " + bit);
        }
        int second = RecordFormat.sizeBytes(0);
        for (int length = 1; length < whole.length; length++) {
            if (length != second) {
                byte[] cut = Arrays.copyOf(whole, length);
                assertThrows(MalformedRecordsException.class, () -> Records.parse(ByteBuffer.wrap(cut), 1));
            }
        }
        assertThrows(MalformedRecordsException.class, () -> Records.parse(ByteBuffer.wrap(whole), 2));
    }
}
