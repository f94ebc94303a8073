package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a full disk costs: writes that need it, while it is full, and nothing else. */
@Tag("root")
class FullDiskIT {
    private static final String FULL_LINE = "takes no writes until there is space";

    private Path directory = Path.of("target");

    /** Not a temporary directory of JUnit's: what is mounted below is not to be deleted through. */
    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory(
                Path.of(System.getProperty("build.dir", "target")).toAbsolutePath(), "full-disk-");
    }

    @Test
    void aLeaderWithoutSpaceRefusesWritesAndServesReadsUntilThereIsSpace() throws Exception {
        try (SmallDisk disk = new SmallDisk(directory.resolve("data/replica-0"), "4m");
                ProcessCluster cluster = new ProcessCluster(directory, 3, "none")) {
            cluster.startAll();
            cluster.awaitAllReady();
            List<String> keys = fill(cluster);
            assertRefusedAndRead(cluster, keys);
            // What a person may try first. It must not make things worse.
            cluster.kill(0);
            cluster.start(0);
            cluster.awaitAllReady();
            assertRefusedAndRead(cluster, keys);
            assertEquals(2, occurrences(cluster.log(0), FULL_LINE), "told once by each process");
            disk.growTo("32m");
            await("writes are taken by themselves")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> cluster.write(1, "after", "space", "3") == 204);
            assertEquals(cluster.read(0, "/read", "after"), cluster.read(2, "/follower-read?replica=2", "after"));
        }
    }

    /** Values of ever smaller size, until not even the smallest is taken; returns the keys of those that were. */
    private static List<String> fill(ProcessCluster cluster) throws InterruptedException {
        List<String> keys = new ArrayList<>();
        for (int size = 100_000; size > 1; size /= 10) {
            int status = 204;
            for (int n = 0; status == 204 && n < 1_000; n++) {
                String key = "k-" + size + "-" + n;
                status = cluster.write(n % 3, key, "v".repeat(size), "\"majority\"");
                if (status == 204) {
                    keys.add(key);
                }
            }
            assertEquals(507, status);
        }
        assertTrue(keys.size() > 10, "some were taken: " + keys);
        return keys;
    }

    private static void assertRefusedAndRead(ProcessCluster cluster, List<String> keys) throws Exception {
        for (int id = 0; id < cluster.size(); id++) {
            HttpResponse<String> refusal = cluster.post(id, "/write", "{\"key\":\"more\",\"value\":\"0123456789\"}");
            assertEquals(507, refusal.statusCode(), refusal.body());
            assertTrue(refusal.body().contains("\"type\":\"urn:quorate:problem:no-space\""), refusal.body());
            assertTrue(refusal.body().contains("\"outcome\":\"none\""), refusal.body());
            assertTrue(refusal.body().matches(".*\"neededBytes\":\\d+,\"freeBytes\":\\d+.*"), refusal.body());
            assertEquals(200, cluster.get(id, "/q/health").statusCode(), "a full disk is no reason to restart it");
            assertEquals("", cluster.read(id, "/read", "more"));
        }
        for (String key : keys) {
            assertTrue(cluster.read(0, "/read", key).contains("\"key\":\"" + key + "\""), key);
        }
        assertEquals(200, cluster.get(1, "/read?r=3&key=" + keys.get(0)).statusCode());
    }

    @Test
    void aFollowerWithoutSpaceHoldsUpNobodyAndCatchesUpWhenThereIsSpace() throws Exception {
        try (SmallDisk disk = new SmallDisk(directory.resolve("data/replica-2"), "4m");
                ProcessCluster cluster = new ProcessCluster(directory, 3, "none")) {
            cluster.startAll();
            cluster.awaitAllReady();
            for (int n = 0; n < 100; n++) {
                assertEquals(204, cluster.write(0, "k-" + n, "v".repeat(100_000), "2"), "the others are a majority");
            }
            assertEquals(504, cluster.write(0, "all", "of them", "3"));
            assertEquals("", cluster.read(2, "/follower-read?replica=2", "k-99"));
            assertTrue(
                    cluster.read(2, "/follower-read?replica=2", "k-0").contains("vvv"),
                    "what it has it goes on serving");
            assertEquals(200, cluster.get(2, "/q/health").statusCode());
            assertEquals(1, occurrences(cluster.log(2), FULL_LINE), "told once");
            assertEquals(1, occurrences(cluster.log(0), "its disk is full"), "told once");
            disk.growTo("64m");
            await("it catches up by itself")
                    .atMost(Duration.ofSeconds(30))
                    .until(() ->
                            cluster.read(2, "/follower-read?replica=2", "all").equals(cluster.read(0, "/read", "all")));
            assertEquals(cluster.read(0, "/read", "k-99"), cluster.read(2, "/follower-read?replica=2", "k-99"));
            assertEquals(204, cluster.write(0, "all", "again", "3"));
        }
    }

    /** Space for term, vote and a leader's first entry is there beforehand: on all disks at once, or nobody could lead. */
    @Test
    void replicasWithoutSpaceElectAndHandOverAndServeReadsUntilThereIsSpace() throws Exception {
        try (SmallDisk first = new SmallDisk(directory.resolve("data/replica-0"), "4m");
                SmallDisk second = new SmallDisk(directory.resolve("data/replica-1"), "4m");
                SmallDisk third = new SmallDisk(directory.resolve("data/replica-2"), "4m");
                ProcessCluster cluster = new ProcessCluster(directory, 3, "auto")) {
            cluster.startAll();
            cluster.awaitAllReady();
            int old = cluster.awaitLeader();
            List<String> keys = fillThrough(cluster, old);
            List<String> deleted = delete(cluster, old, keys);
            cluster.kill(old);
            int next = cluster.awaitLeader(leader -> leader != old);
            int other = 3 - old - next;
            for (String key : deleted) {
                assertEquals("", cluster.read(next, "/read", key));
            }
            for (String key : keys) {
                assertTrue(cluster.read(next, "/read", key).contains("\"key\":\"" + key + "\""), key);
            }
            assertEquals(
                    200,
                    cluster.reading(next, keys.get(0), "linearizable").join().statusCode(),
                    "what begins its term is committed");
            assertEquals(507, cluster.write(next, "more", "0123456789", "1"));
            assertEquals(
                    200,
                    cluster.post(next, "/cluster/leader", "{\"replica\":" + other + "}")
                            .statusCode());
            assertEquals(other, cluster.awaitLeader());
            cluster.start(old);
            cluster.awaitAllReady();
            assertEquals(507, cluster.write(other, "more", "0123456789", "1"));
            for (SmallDisk disk : List.of(first, second, third)) {
                disk.growTo("32m");
            }
            await("writes are taken by themselves")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> cluster.write(old, "after", "space", "3") == 204);
            cluster.awaitEqual();
        }
    }

    /** Returns the keys that a majority has: all disks are full together, that of whoever takes writes first. */
    private static List<String> fillThrough(ProcessCluster cluster, int leader) throws Exception {
        List<String> keys = new ArrayList<>();
        for (int size = 100_000; size > 1; size /= 10) {
            int status = 201;
            for (int n = 0; status == 201 && n < 1_000; n++) {
                String key = "k-" + size + "-" + n;
                status =
                        cluster.put(leader, key, "v".repeat(size), "w=majority").statusCode();
                if (status == 201) {
                    keys.add(key);
                }
            }
            assertEquals(507, status);
        }
        assertTrue(keys.size() > 10, "some were taken: " + keys);
        return keys;
    }

    /** More than the place has room for in which the last put found none. */
    private static List<String> delete(ProcessCluster cluster, int leader, List<String> keys) throws Exception {
        List<String> gone = List.copyOf(keys.subList(0, 10));
        for (String key : gone) {
            HttpResponse<String> answer = cluster.delete(leader, key, "w=majority");
            assertEquals(200, answer.statusCode(), answer.body());
        }
        keys.removeAll(gone);
        return gone;
    }

    private static int occurrences(String text, String part) {
        return text.split(part, -1).length - 1;
    }
}
