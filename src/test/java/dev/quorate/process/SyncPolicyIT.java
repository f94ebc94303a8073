package dev.quorate.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whoever relies on an acknowledgement that a power failure can undo was told so, wherever they look. */
class SyncPolicyIT {
    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    @Test
    void anIntervalIsToldAtTheStartByTheClusterAndInEachReceipt() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 1, "auto")) {
            cluster.settings().put("quorate.wal.sync", "interval");
            cluster.startAll();
            cluster.awaitAllReady();
            assertEquals(0, cluster.awaitLeader());
            assertTrue(
                    cluster.log(0).contains("one power failure can undo writes that were acknowledged"),
                    cluster.log(0));
            assertEquals("interval", cluster.cluster(0).path("sync").asText());
            assertTrue(cluster.get(0, "/q/health/live").body().contains("\"sync\": \"interval\""));
            String receipt = cluster.put(0, "k", "v", "w=majority").body();
            assertTrue(receipt.contains("but no power failure, as sync is interval"), receipt);
        }
    }
}
