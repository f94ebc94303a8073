package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A running set is backed up, and a new one is made of it: with the commands as an operator gives them. */
class BackupIT {
    private static final int KEYS = 60;
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String SECRET = "a secret among replicas";

    @TempDir
    Path directory;

    @Test
    void aNewSetHoldsWhatTheOldOneHadAndTakesNoneOfItsReplicas() throws IOException, InterruptedException {
        Path backup = directory.resolve("backup");
        try (ProcessCluster old = new ProcessCluster(directory.resolve("old"), 3, "auto")) {
            old.settings().put("quorate.peer.secret", SECRET);
            old.startAll();
            old.awaitAllReady();
            for (int key = 0; key < KEYS; key++) {
                assertTrue(old.majorityWrite(1, "k" + key, "v" + key));
            }
            int follower = (old.awaitLeader() + 1) % 3;
            List<String> line = List.of("backup", "--target", old.urls().get(follower), backup.toString());
            assertEquals(403, old.get(follower, "/cluster/backup").statusCode());
            assertEquals(3, run(Map.of("QUORATE_PEER_SECRET", "wrong"), line));
            assertFalse(Files.exists(backup));
            assertEquals(0, run(Map.of("QUORATE_PEER_SECRET", SECRET), line), "a follower sends to its leader");
            assertEquals(200, old.put(1, "k0", "later", "w=all").statusCode());
        }
        assertEquals(0, run(Map.of(), List.of("verify", backup.toString())));
        assertEquals(0, restore(backup, "new"));
        becomesASetOfThree();
        assertEquals(0, restore(backup, "beside"));
        try (ProcessCluster anew = new ProcessCluster(directory.resolve("beside"), 3, "auto")) {
            Files.move(directory.resolve("old/data/replica-2"), directory.resolve("beside/data/replica-2"));
            anew.start(0);
            anew.start(2);
            await("the old set's replica is left out")
                    .atMost(LONG)
                    .ignoreExceptions()
                    .until(() ->
                            anew.get(0, "/q/health/ready").body().contains("is formed when replica 2 takes its log"));
        }
    }

    /** One directory is restored, the others are empty; then it goes on without whichever leads. */
    private void becomesASetOfThree() throws IOException, InterruptedException {
        try (ProcessCluster anew = new ProcessCluster(directory.resolve("new"), 3, "auto")) {
            anew.startAll();
            anew.awaitAllReady();
            assertTrue(anew.term(0) > 1_000, "nothing of the old set is newer");
            for (int id = 0; id < 3; id++) {
                holdsAll(anew, id);
            }
            int leader = anew.awaitLeader();
            anew.kill(leader);
            int next = anew.awaitLeader(other -> other != leader);
            await("two go on").atMost(LONG).until(() -> anew.majorityWrite(next, "after", "restore"));
            holdsAll(anew, next);
            anew.start(leader);
            anew.awaitReady(leader);
            await("the third has what it missed")
                    .atMost(LONG)
                    .until(() -> anew.get(leader, "/kv/after?read=local").body().equals("restore"));
            holdsAll(anew, leader);
        }
    }

    private static void holdsAll(ProcessCluster cluster, int id) throws IOException, InterruptedException {
        for (int key = 0; key < KEYS; key++) {
            assertEquals(
                    "v" + key, cluster.get(id, "/kv/k" + key + "?read=local").body(), "replica " + id);
        }
    }

    private int restore(Path backup, String where) throws IOException, InterruptedException {
        Path replica = directory.resolve(where).resolve("data/replica-0");
        return run(Map.of(), List.of("restore", backup.toString(), replica.toString()));
    }

    private static int run(Map<String, String> environment, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = Program.command(List.of(), arguments);
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(environment);
        return builder.start().waitFor();
    }
}
