package dev.quorate.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sync that fails ends the process, which says why: what it wrote since may never have reached the disk. */
@Tag("root")
class FailingSyncIT {
    @TempDir
    Path directory;

    @Test
    void aFailedSyncEndsALeaderAndNamesTheFile() throws Exception {
        Path failing = directory.resolve("sync-fails");
        try (ProcessCluster cluster = withFailingSync(0, failing)) {
            assertEquals(204, cluster.write(0, "before", "v", "3"));
            Files.createFile(failing);
            assertNotEquals(204, cluster.write(0, "lost", "v", "1"), "not acknowledged: it may be gone");
            assertEnds(cluster, 0);
            Files.delete(failing);
            cluster.start(0);
            cluster.awaitAllReady();
            assertTrue(cluster.read(0, "/read", "before").contains("\"v\""));
            assertEquals(204, cluster.write(2, "after", "v", "3"));
        }
    }

    @Test
    void aFailedSyncEndsAFollowerWhichIsNotCounted() throws Exception {
        Path failing = directory.resolve("sync-fails");
        try (ProcessCluster cluster = withFailingSync(2, failing)) {
            assertEquals(204, cluster.write(0, "before", "v", "3"));
            Files.createFile(failing);
            assertEquals(504, cluster.write(0, "now", "v", "3"));
            assertEnds(cluster, 2);
            assertEquals(204, cluster.write(0, "without it", "v", "2"));
            Files.delete(failing);
            cluster.start(2);
            cluster.awaitAllReady();
            assertEquals(204, cluster.write(0, "again with it", "v", "3"));
        }
    }

    private ProcessCluster withFailingSync(int id, Path failing) throws Exception {
        Path library = directory.resolve("failing-sync.so");
        Tool.run("gcc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library.toString(), "src/test/c/failing-sync.c");
        ProcessCluster cluster = new ProcessCluster(directory, 3, "none");
        cluster.environment(id).put("LD_PRELOAD", library.toString());
        cluster.environment(id).put("FAIL_SYNC_WHEN", failing.toString());
        cluster.startAll();
        cluster.awaitAllReady();
        return cluster;
    }

    private static void assertEnds(ProcessCluster cluster, int id) throws Exception {
        assertTrue(cluster.awaitExit(id), "it ends");
        assertEquals(1, cluster.exitValue(id));
        String log = cluster.log(id);
        assertTrue(log.contains("the process ends: replica " + id + ": sync of "), log);
        assertTrue(log.matches("(?s).*sync of \\S+/replica-" + id + "/wal-[0-9a-f]{16}\\.seg failed: .*"), log);
    }
}
