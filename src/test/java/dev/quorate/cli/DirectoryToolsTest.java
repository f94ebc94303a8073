package dev.quorate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.DataDirectory;
import dev.quorate.protocol.Stage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code inspect}, {@code verify} and {@code recover}: what they say of a directory, and what they do to it. */
class DirectoryToolsTest {
    private static final String SEGMENT = "wal-0000000000000002.seg";

    @TempDir
    Path temporary;

    private final StringWriter said = new StringWriter();

    private Path directory() {
        return temporary.resolve("replica-1");
    }

    private int run(String typed, String... arguments) {
        said.getBuffer().setLength(0);
        CommandLine line = Cli.commandLine(new StringReader(typed), false);
        PrintWriter writer = new PrintWriter(said, true);
        return line.setOut(writer).setErr(writer).execute(arguments);
    }

    private String said() {
        return said.toString().replace(directory().toString(), "DIR");
    }

    /** Sizes in bytes are left out: they follow from formats that have tests of their own. */
    private static String expected(String name) throws IOException {
        return Files.readString(Path.of("src/test/resources/tools", name));
    }

    @Test
    void inspectTellsInText() throws IOException {
        ReplicaDirectory.make(directory(), Stage.FORMED);
        assertEquals(0, run("", "inspect", "--entries", directory().toString()));
        assertEquals(expected("inspect.txt"), said().replaceAll("\\d+ B of", "N B of"));
    }

    @Test
    void inspectTellsInJson() throws IOException {
        ReplicaDirectory.make(directory(), Stage.FORMED);
        assertEquals(0, run("", "inspect", "--json", "--entries", directory().toString()));
        assertEquals(expected("inspect.json"), said().replaceAll("(used|size)Bytes\" : \\d+", "$1Bytes\" : N"));
    }

    @Test
    void verifyFindsNothingInAWholeDirectory() throws IOException {
        ReplicaDirectory.make(directory(), Stage.FORMED);
        assertEquals(0, run("", "verify", directory().toString()));
        assertEquals(expected("verify.txt"), said());
    }

    @Test
    void verifyNamesFileAndOffsetOfDamage() throws IOException {
        ReplicaDirectory.make(directory(), Stage.FORMED);
        Path segment = directory().resolve(SEGMENT);
        byte[] bytes = Files.readAllBytes(segment);
        bytes[64 + 40 + 40 + 30] ^= 1; // in the first record, behind the header and the mark
        Files.write(segment, bytes);
        assertEquals(1, run("", "verify", directory().toString()));
        assertTrue(said().contains("damaged  " + SEGMENT + " at offset 104: entry 3 was synced"), said());
    }

    @Test
    void aDirectoryThatIsNoneIsAWrongLine() throws IOException {
        ReplicaDirectory.make(temporary.resolve("replica-0"), Stage.FORMED);
        for (String command : new String[] {"inspect", "verify"}) {
            assertEquals(2, run("", command, temporary.resolve("nowhere").toString()));
            assertEquals(2, run("", command, temporary.toString()));
            assertTrue(said().contains("name one of them"), said());
        }
    }

    // ---- recover ---------------------------------------------------------------------------------------------------

    private Optional<String> request() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory())) {
            return data.recoveryRequest();
        }
    }

    @Test
    void recoverSaysWhatMayBeLostAndTakesNoForNo() throws IOException {
        ReplicaDirectory.make(directory(), Stage.FORMED);
        for (String typed : new String[] {"", "n\n", "\n", "what\n"}) {
            assertEquals(3, run(typed, "recover", "--directory", directory().toString()));
            assertTrue(said().contains("Its log ends at entry 4, in term 2."), said());
            assertTrue(said().contains("Entries 4..4 are not known to have been committed"), said());
            assertTrue(said().contains("nothing was changed"), said());
            assertEquals(Optional.empty(), request());
        }
    }

    @Test
    void recoverIsAskedForByYes() throws IOException {
        ReplicaDirectory.make(directory(), Stage.FORMED);
        assertEquals(0, run("yes\n", "recover", "--directory", directory().toString()));
        assertEquals(Optional.of("auto"), request());
        assertEquals(0, run("", "inspect", directory().toString()));
        assertTrue(said().contains("the next start forms a new set, with election auto"), said());
    }

    @Test
    void recoverNeedNotAsk() throws IOException {
        ReplicaDirectory.make(directory(), Stage.FORMED);
        assertEquals(0, run("", "recover", "--yes", "--directory", directory().toString()));
        assertFalse(said().contains("[y/N]"), said());
        assertEquals(Optional.of("auto"), request());
    }

    @Test
    void recoverTakesNoDirectoryThatAStartWouldRefuse() throws IOException {
        ReplicaDirectory.make(directory(), Stage.FORMED);
        assertEquals(
                3,
                run(
                        "",
                        "recover",
                        "--yes",
                        "--election",
                        "none",
                        "--directory",
                        directory().toString()));
        assertTrue(said().contains("with election none replica 0 leads"), said());
        Files.write(directory().resolve("identity"), new byte[] {1, 2, 3});
        assertEquals(3, run("", "recover", "--yes", "--directory", directory().toString()));
        assertTrue(said().contains("damaged  identity"), said());
    }

    @Test
    void recoverTakesNoDirectoryOfNoSet() throws IOException {
        ReplicaDirectory.make(directory(), Stage.FORMING);
        assertEquals(3, run("", "recover", "--yes", "--directory", directory().toString()));
        assertTrue(said().contains("nothing to recover"), said());
    }

    @Test
    void recoverIsRefusedWhileTheReplicaRuns() throws IOException {
        ReplicaDirectory.make(directory(), Stage.FORMED);
        try (DataDirectory running = DataDirectory.open(directory())) {
            assertEquals(
                    3, run("", "recover", "--yes", "--directory", running.path().toString()));
            assertTrue(said().contains("in use by another process"), said());
        }
    }
}
