package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start makes of a recovery that was asked for (protocol.md §6). */
class RecoveryRequestTest {
    @TempDir
    Path path;

    @Test
    void anewSetIsFormedFarAboveTheOldTerm() throws IOException {
        try (DataDirectory directory = DataDirectory.open(path)) {
            formed(directory, 1, "none");
            directory.saveAndSync(new HardState(42, 0));
            directory.requestRecovery("auto");
            Membership recovered = Identity.open(directory, options(1));
            assertEquals(Stage.RECOVERED, recovered.stage());
            assertTrue(recovered.elects());
            assertEquals(new HardState(1_042, HardState.NOBODY), directory.readHardState());
            assertEquals(recovered, Identity.open(directory, options(1)), "once");
            assertEquals(1_042, directory.readHardState().term());
        }
    }

    @Test
    void withoutElectionsItIsReplicaZerosDirectory() throws IOException {
        try (DataDirectory directory = DataDirectory.open(path)) {
            formed(directory, 1, "none");
            directory.requestRecovery("none");
            IOException refusal = assertThrows(IOException.class, () -> Identity.open(directory, options(1)));
            assertTrue(String.valueOf(refusal.getMessage()).contains("recover replica 0's directory"));
        }
    }

    /** An empty one would have all others take its emptiness. */
    @Test
    void aDirectoryOfNoSetIsRefusedOnceAndThenStartsAsItIs() throws IOException {
        try (DataDirectory directory = DataDirectory.open(path)) {
            assertThrows(IOException.class, () -> directory.requestRecovery("auto"), "not even opened once");
            Membership empty = Identity.open(directory, options(1));
            directory.requestRecovery("auto");
            assertThrows(IOException.class, () -> Identity.open(directory, options(1)));
            assertEquals(empty, Identity.open(directory, options(1)));
        }
    }

    @Test
    void aRequestThatIsDamagedIsRefused() throws IOException {
        try (DataDirectory directory = DataDirectory.open(path)) {
            formed(directory, 1, "auto");
            directory.requestRecovery("auto");
            Files.writeString(path.resolve("recover"), "autp");
            IOException refusal = assertThrows(IOException.class, () -> Identity.open(directory, options(1)));
            assertTrue(String.valueOf(refusal.getMessage()).contains("recover is damaged"));
            assertEquals(0, directory.readHardState().term());
        }
    }

    private static void formed(DataDirectory directory, int id, String election) {
        Identity.save(
                directory, new Membership("quorate", 3, id, election, Stage.FORMED, 7, 11, List.of(10L, 11L, 12L)));
    }

    private ReplicaOptions options(int id) {
        WalOptions wal = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));
        Duration second = Duration.ofSeconds(1);
        return new ReplicaOptions(
                "quorate",
                3,
                id,
                path,
                wal,
                Optional.empty(),
                second,
                second,
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
    }
}
