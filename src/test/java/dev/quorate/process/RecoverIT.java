package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A set that was formed without elections is made to elect, by {@code recover} (protocol.md §6). */
class RecoverIT {
    private static final int KEYS = 50;

    @TempDir
    Path directory;

    @Test
    void aSetIsFormedAnewAroundOneReplicaAndElects() throws IOException, InterruptedException {
        try (ProcessCluster old = new ProcessCluster(directory, 3, "none")) {
            old.startAll();
            old.awaitAllReady();
            for (int key = 0; key < KEYS; key++) {
                assertEquals(204, old.write(1, "k" + key, "v" + key, "3"));
            }
        }
        assertEquals(0, recover("replica-0"));
        try (ProcessCluster anew = new ProcessCluster(directory, 3, "auto")) {
            empty(directory.resolve("data/replica-1"));
            anew.start(0);
            anew.start(1);
            anew.start(2);
            assertTrue(anew.awaitExit(2), "a directory of the old set is refused");
            await("replica 0 says whom it waits for")
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptions()
                    .until(() -> anew.get(0, "/q/health/ready").body().contains("replicas [2] have not answered"));
            empty(directory.resolve("data/replica-2"));
            anew.start(2);
            anew.awaitAllReady();
            anew.kill(0);
            await("another leads, with all that replica 0 had")
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptions()
                    .until(() -> anew.write(1, "after", "failover", "2") == 204);
            for (int key = 0; key < KEYS; key++) {
                assertTrue(anew.read(2, "/read", "k" + key).contains("\"v" + key + "\""), "k" + key);
            }
        }
    }

    private int recover(String replica) throws IOException, InterruptedException {
        String data = directory.resolve("data").resolve(replica).toString();
        List<String> command = Program.command(List.of(), List.of("recover", "--yes", "--directory", data));
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private static void empty(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
