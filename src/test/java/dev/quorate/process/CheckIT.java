package dev.quorate.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program's {@code check}, as a user runs it. */
class CheckIT {
    @TempDir
    Path directory;

    @Test
    void judgesARunningSetAndLeavesNoDataBehind() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.resolve("cluster"), 3, "auto")) {
            cluster.startAll();
            cluster.awaitAllReady();
            String targets = String.join(",", cluster.urls());
            for (String level : List.of("linearizable", "leader", "local")) {
                String said = check(0, "--target", targets, "--duration", "2s", "--keys", "3", "--read", level);
                assertTrue(said.contains(": holds"), said);
            }
        }
        assertEquals(List.of("cluster", "out", "said.txt"), entries());
        assertFalse(Files.readString(directory.resolve("said.txt")).contains("Quarkus"), "no server was started");
        assertTrue(Files.size(directory.resolve("out/history.jsonl")) > 1_000);
    }

    @Test
    void killsItsOwnProcessesAndJudges() throws Exception {
        String said = check(0, "--faults", "kill", "--duration", "7s", "--seed", "7");
        assertTrue(said.contains("linearizable: holds"), said);
        assertTrue(said.matches("(?s).*kills: [1-9].*"), said);
        assertEquals(List.of("out", "said.txt"), entries());
    }

    private String check(int expected, String... options) throws IOException, InterruptedException {
        List<String> line = Program.command(List.of(), List.of("check", "--out", "out"));
        line.addAll(List.of(options));
        Path said = directory.resolve("said.txt");
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile());
        Program.quicken(builder.environment());
        Process process = builder.start();
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), "it ends");
        String text = Files.readString(said, StandardCharsets.UTF_8);
        assertEquals(expected, process.exitValue(), text);
        return text;
    }

    private List<String> entries() throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
