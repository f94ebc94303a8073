package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who lacks what no log keeps any more gets a snapshot, in several parts, then the tail, and counts as before. */
class InstallIT {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int KEYS = 60;

    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    @Test
    void whoWasAwayAndWhoLostItsDiskGetTheSnapshotAndCountAgain() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "auto")) {
            cluster.settings().put("quorate.snapshot.keep-entries", "5");
            cluster.startAll();
            cluster.awaitAllReady();
            int leader = cluster.awaitLeader();
            int away = (leader + 1) % 3;
            cluster.kill(away);
            write(cluster, leader, "one");
            snapshot(cluster, leader);
            write(cluster, leader, "two");
            snapshot(cluster, leader);
            assertTrue(snapshotOf(cluster, leader).path("firstIndex").asLong() > 1, "the log's begin is gone");
            assertTrue(cluster.majorityWrite(leader, "tail", "behind the snapshot"));

            cluster.start(away);
            awaitInstalled(cluster, away, 1);
            holdsAll(cluster, away);
            cluster.kill(away);
            cluster.wipe(away);
            cluster.start(away);
            awaitInstalled(cluster, away, 2);
            await("it is admitted").atMost(LONG).until(() -> cluster.log(away).contains("event=admitted"));
            holdsAll(cluster, away);

            // With the old leader gone it is one of the two that have to agree.
            cluster.kill(leader);
            cluster.awaitLeader(next -> next != leader);
            await("it counts").atMost(LONG).until(() -> cluster.majorityWrite(away, "after", "it counts"));
            cluster.kill(away);
            cluster.start(away);
            cluster.awaitReady(away);
            holdsAll(cluster, away);
        }
    }

    private static void write(ProcessCluster cluster, int leader, String round) throws InterruptedException {
        for (int n = 0; n < KEYS; n++) {
            String key = "key-" + n;
            String value = value(round, n);
            await(key).atMost(LONG).until(() -> cluster.majorityWrite(leader, key, value));
        }
    }

    private static String value(String round, int n) {
        return (round + "-" + n + " ").repeat(8_000);
    }

    private static void snapshot(ProcessCluster cluster, int id) throws IOException, InterruptedException {
        long before = snapshotOf(cluster, id).path("index").asLong();
        assertEquals(202, cluster.post(id, "/cluster/snapshot", "").statusCode());
        await("a newer snapshot")
                .atMost(LONG)
                .until(() -> snapshotOf(cluster, id).path("index").asLong() > before
                        && "written"
                                .equals(snapshotOf(cluster, id).path("state").asText()));
    }

    private static JsonNode snapshotOf(ProcessCluster cluster, int id) throws InterruptedException {
        return cluster.cluster(id).path("replicas").path(id).path("snapshot");
    }

    private static void awaitInstalled(ProcessCluster cluster, int id, int times) {
        await("a snapshot is installed")
                .atMost(LONG)
                .until(() -> cluster.log(id).split("event=installed", -1).length > times);
        cluster.awaitReady(id);
    }

    private static void holdsAll(ProcessCluster cluster, int id) throws Exception {
        await("the tail came, too")
                .atMost(LONG)
                .until(() -> cluster.get(id, "/kv/tail?read=local").body().equals("behind the snapshot"));
        for (int n = 0; n < KEYS; n++) {
            assertEquals(
                    value("two", n),
                    cluster.get(id, "/kv/key-" + n + "?read=local").body());
        }
    }
}
