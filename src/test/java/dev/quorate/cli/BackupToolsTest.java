package dev.quorate.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.quorate.log.CorruptFileException;
import dev.quorate.log.DataDirectory;
import dev.quorate.log.DirectoryIdentity;
import dev.quorate.log.DirectoryScan;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Stage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code backup}, {@code verify} of one, and {@code restore}: what is whole gets through, and nothing else leaves a trace. */
class BackupToolsTest {
    @TempDir
    Path temporary;

    private final StringWriter said = new StringWriter();

    private int run(Object... arguments) {
        said.getBuffer().setLength(0);
        CommandLine line = Cli.commandLine(new StringReader(""), false);
        PrintWriter writer = new PrintWriter(said, true);
        String[] words = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
        return line.setOut(writer).setErr(writer).execute(words);
    }

    private Path made(String... keys) throws IOException {
        return ReplicaDirectory.backup(temporary.resolve("old"), keys);
    }

    private DirectoryScan restored() throws IOException {
        return DirectoryScan.of(temporary.resolve("data/replica-0"), bytes -> {});
    }

    @Test
    void aDirectoryIsMadeForReplicaZeroOfANewSet() throws IOException {
        Path backup = made("a", "b");
        Path directory = temporary.resolve("data/replica-0");
        assertEquals(0, run("restore", backup, directory, "--replicas", "5", "--replica-set", "shop"));
        assertTrue(
                said.toString().contains("2 keys as of entry 42, for replica 0 of 5 of a new set shop"),
                said.toString());
        DirectoryIdentity identity = restored().identity().orElseThrow();
        assertEquals(Stage.RECOVERED, identity.stage());
        assertEquals("shop", identity.replicaSet());
        assertEquals(5, identity.replicas());
        assertEquals(0, identity.replica());
        assertEquals("auto", identity.election());
        assertNotEquals(0, identity.setId());
        assertEquals(
                new HardState(1_003, HardState.NOBODY), restored().hardState().orElseThrow());
        assertArrayEquals(
                Files.readAllBytes(backup),
                Files.readAllBytes(restored().snapshots().get(0).path()));
        assertEquals(43, restored().firstIndex());
        assertEquals(0, run("verify", directory));
    }

    /** Until the first start it is all there is: without it a set would be formed that holds nothing. */
    @Test
    void aRestoredSnapshotThatIsLostIsMissedByVerifyAndByTheStart() throws IOException {
        Path directory = temporary.resolve("data/replica-0");
        assertEquals(0, run("restore", made("a"), directory));
        Path snapshot = restored().snapshots().get(0).path();
        byte[] damaged = Files.readAllBytes(snapshot);
        damaged[damaged.length / 2] ^= 4;
        Files.write(snapshot, damaged);
        assertEquals(1, run("verify", directory));
        assertStartRefuses(directory, snapshot);
        Files.delete(snapshot);
        assertEquals(1, run("verify", directory));
        assertTrue(said.toString().contains("entry 42 was committed, and nothing else holds it"), said.toString());
        assertStartRefuses(directory, snapshot);
    }

    private static void assertStartRefuses(Path directory, Path snapshot) throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            CorruptFileException refusal =
                    assertThrows(CorruptFileException.class, () -> ReplicaDirectory.openLog(data));
            assertTrue(String.valueOf(refusal.getMessage()).contains(snapshot.toString()), refusal.getMessage());
        }
    }

    /** Each of them is refused before anything is made. */
    @Test
    void aBackupThatIsCutOffOrDamagedIsRefusedByAll() throws IOException {
        Path backup = made("a", "b");
        byte[] whole = Files.readAllBytes(backup);
        for (int at = 0; at < whole.length; at += 5) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 4;
            assertRefused(damaged, "changed at " + at);
            assertRefused(Arrays.copyOf(whole, at), "cut off at " + at);
        }
    }

    private void assertRefused(byte[] bytes, String what) throws IOException {
        Path file = temporary.resolve("damaged");
        Files.write(file, bytes);
        assertEquals(1, run("verify", file), what);
        assertTrue(said.toString().startsWith("damaged  damaged at offset "), said.toString());
        assertEquals(3, run("restore", file, temporary.resolve("data/replica-0")), what);
        assertTrue(said.toString().contains("is damaged"), said.toString());
        assertFalse(Files.exists(temporary.resolve("data")), what);
    }

    @Test
    void whatIsNotEmptyStaysAsItIs() throws IOException {
        Path backup = made("a");
        ReplicaDirectory.make(temporary.resolve("data/replica-1"), Stage.FORMED);
        assertEquals(3, run("restore", backup, temporary.resolve("data/replica-1")));
        assertEquals(3, run("restore", backup, temporary.resolve("data/replica-0")), "the other belongs to an old set");
        assertTrue(said.toString().contains("replica-1 is not empty"), said.toString());
        assertFalse(Files.exists(temporary.resolve("data/replica-0")));
        Path elsewhere = temporary.resolve("elsewhere");
        assertEquals(3, run("restore", backup, elsewhere, temporary.resolve("data/replica-1")));
        assertEquals(0, run("restore", backup, elsewhere));
    }

    @Test
    void aWrongLineIsExitCode2() throws IOException {
        Path backup = made("a");
        assertEquals(2, run("restore", backup));
        assertEquals(2, run("restore", temporary.resolve("nowhere"), temporary.resolve("data")));
        assertEquals(2, run("restore", backup, temporary.resolve("data"), "--replicas", "10"));
        assertEquals(2, run("restore", backup, temporary.resolve("data"), "--election", "some"));
        assertEquals(2, run("backup", temporary.resolve("file")));
        assertEquals(2, run("backup", "--target", "nonsense", temporary.resolve("file")));
        assertEquals(2, run("backup", "--target", "http://127.0.0.1:1", backup), "it exists");
    }

    // ---- over HTTP -------------------------------------------------------------------------------------------------

    private int backupFrom(byte[] bytes, int sent, int status) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/cluster/backup", exchange -> {
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes, 0, sent);
            exchange.close();
        });
        server.start();
        try {
            String target = "http://127.0.0.1:" + server.getAddress().getPort();
            return run("backup", "--target", target, temporary.resolve("backup"));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void whatCameWholeGetsItsName() throws IOException {
        byte[] whole = Files.readAllBytes(made("a", "b"));
        assertEquals(0, backupFrom(whole, whole.length, 200));
        assertTrue(said.toString().contains("backup  the state at entry 42, in term 3"), said.toString());
        assertArrayEquals(whole, Files.readAllBytes(temporary.resolve("backup")));
    }

    @Test
    void whatWasCutOffOrRefusedLeavesNoFile() throws IOException {
        byte[] whole = Files.readAllBytes(made("a", "b"));
        assertEquals(3, backupFrom(whole, whole.length / 2, 200), "cut off on its way");
        byte[] half = Arrays.copyOf(whole, whole.length / 2);
        assertEquals(3, backupFrom(half, half.length, 200), "cut off at its source");
        assertTrue(said.toString().contains("what came is no whole backup"), said.toString());
        assertEquals(3, backupFrom(whole, whole.length, 403));
        assertTrue(said.toString().contains("answered 403"), said.toString());
        assertFalse(Files.exists(temporary.resolve("backup")));
        assertFalse(Files.exists(temporary.resolve("backup.part")));
    }
}
