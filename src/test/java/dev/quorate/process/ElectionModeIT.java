package dev.quorate.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How leaders come to be is fixed when a set is formed. */
class ElectionModeIT {
    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    @Test
    void aSetFormedWithNoneKeepsNoneAndSaysSo() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "none")) {
            cluster.startAll();
            cluster.awaitAllReady();
            assertEquals(204, cluster.write(1, "k", "v", "3"));
            stopAll(cluster);
            cluster.settings().remove("quorate.election");
            cluster.startAll();
            cluster.awaitAllReady();
            assertEquals(0, cluster.awaitLeader());
            assertTrue(cluster.read(2, "/follower-read?replica=2", "k").contains("\"value\":\"v\""));
            for (int id = 0; id < 3; id++) {
                assertTrue(cluster.log(id).contains("election=none: the set was formed so and keeps it"));
            }
            stopAll(cluster);
            cluster.settings().put("quorate.election", "auto");
            cluster.start(1);
            assertTrue(cluster.awaitExit(1), "it ends");
            assertEquals(1, cluster.exitValue(1));
            String said = cluster.log(1);
            String refusal = said.substring(said.indexOf("belongs to a set formed with quorate.election=none"));
            assertTrue(refusal.contains("remove it, or set it to none"), said);
            assertTrue(!refusal.contains("\tat "), "no stack trace: " + refusal);
        }
    }

    private static void stopAll(ProcessCluster cluster) throws InterruptedException {
        for (int id = 0; id < 3; id++) {
            cluster.stop(id);
        }
        for (int id = 0; id < 3; id++) {
            assertTrue(cluster.awaitExit(id), "it ends");
        }
    }
}
