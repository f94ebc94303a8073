package dev.quorate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What the command line takes, says and exits with. */
class CliTest {
    private static final String WRITES = """
            {"client":1,"operation":"write","key":"k","value":"a","start":0,"end":1,"outcome":"ok","version":"1.2"}
            {"client":1,"operation":"write","key":"k","value":"b","start":2,"end":3,"outcome":"ok","version":"1.3"}
            """;
    private static final String STALE = """
            {"client":1,"operation":"read","key":"k","value":"a","start":4,"end":5,"outcome":"ok","version":"1.2"}
            """;

    @TempDir
    Path directory;

    private final StringWriter said = new StringWriter();

    @Test
    void onlyACommandKeepsTheServerFromStarting() {
        assertFalse(Cli.takes());
        assertFalse(Cli.takes("serve"));
        assertTrue(Cli.takes("check"));
        assertTrue(Cli.takes("--help"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "check --help"})
    void helpIsNoError(String line) {
        assertEquals(0, run(line.split(" ", -1)));
        assertTrue(said.toString().contains("check"), said.toString());
    }

    @Test
    void helpTellsTheExitCodes() {
        run("check", "--help");
        assertTrue(said.toString().contains("Exit codes: 0"), said.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "check",
                "check --target nonsense",
                "check --target http://a --faults kill",
                "check --target http://a --faults some",
                "check --target http://a --clients 0",
                "check --target http://a --clients 65",
                "check --target http://a --duration 60",
                "check --target http://a --read newest",
                "check --target http://a --w 0",
                "check --target http://a --guarantee all",
                "check --target http://a --workload all",
                "check --target http://a --workload cas --read local",
                "check --target http://a --nothing",
            })
    void aWrongLineIsExitCode2(String line) {
        assertEquals(2, run(line.split(" ", -1)));
        assertTrue(said.toString().contains("Usage"), said.toString());
    }

    @Test
    void aCommandThatIsNoneIsExitCode2AndTheLikelyOneIsNamed() {
        assertEquals(2, run("chekc"));
        assertTrue(said.toString().contains("check?"), said.toString());
    }

    @Test
    void aHistoryThatHoldsIsExitCode0() throws IOException {
        assertEquals(0, judge(WRITES));
        assertTrue(said.toString().contains("linearizable: holds"), said.toString());
        assertFalse(Files.exists(directory.resolve("out")));
    }

    @Test
    void aViolationIsExitCode1AndDrawn() throws IOException {
        assertEquals(1, judge(WRITES + STALE));
        assertTrue(said.toString().contains("linearizable: VIOLATED"), said.toString());
        assertTrue(Files.readString(directory.resolve("out/linearizable.html")).contains("<svg"));
    }

    @Test
    void aSessionsGuaranteesAreJudgedOnRequest() throws IOException {
        assertEquals(1, judge(WRITES + STALE, "--guarantee", "read-your-writes"));
        assertTrue(said.toString().contains("read-your-writes: VIOLATED"), said.toString());
        assertEquals(0, judge(WRITES + STALE, "--guarantee", "monotonic-reads"));
    }

    /** Its default is what the workload is for; a history in which nothing could show a violation is not judged. */
    @ParameterizedTest
    @CsvSource({
        "register, 1, linearizable: VIOLATED",
        "cas, 1, linearizable: VIOLATED",
        "counter, 1, 'exactly-once: undecided'",
        "batch, 1, untorn-batches: holds",
        "ttl, 1, expiry: undecided",
        "watch, 3, watch-is-log: undecided",
        "sessions, 1, read-your-writes: VIOLATED",
        "register --read local, 1, monotonic-reads: holds",
        "batch --read local, 0, untorn-batches: holds",
    })
    void aWorkloadsGuaranteesAreJudged(String workload, int code, String verdict) throws IOException {
        assertEquals(code, judge(WRITES + STALE, ("--workload " + workload).split(" ", -1)));
        assertTrue(said.toString().contains(verdict), said.toString());
    }

    @Test
    void whatCannotBeJudgedIsExitCode3() throws IOException {
        assertEquals(3, judge(""));
        assertEquals(3, judge("nonsense"));
        assertTrue(said.toString().contains("line 1"), said.toString());
        assertEquals(3, run("check", "--history", directory.resolve("nowhere").toString()));
    }

    @Test
    void nobodyThereIsExitCode3() {
        String out = directory.resolve("out").toString();
        assertEquals(3, run("check", "--target", "http://127.0.0.1:1", "--duration", "200ms", "--out", out));
        assertTrue(said.toString().contains("nothing was answered"), said.toString());
    }

    private int judge(String history, String... more) throws IOException {
        Path file = directory.resolve("history.jsonl");
        Files.writeString(file, history);
        List<String> line = new ArrayList<>(List.of("check", "--history", file.toString()));
        line.addAll(List.of("--out", directory.resolve("out").toString()));
        line.addAll(List.of(more));
        return run(line.toArray(String[]::new));
    }

    private int run(String... arguments) {
        CommandLine line = Cli.commandLine(new StringReader(""), false);
        PrintWriter writer = new PrintWriter(said, true);
        return line.setOut(writer).setErr(writer).execute(arguments);
    }
}
