package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users rely on when processes die: nothing acknowledged is missing, and all become equal again. */
class CrashIT {
    private static final int ROUNDS = Integer.getInteger("crash.rounds", 20);
    private static final int WRITERS = 8;

    /** Writers that took all there is of the machine would make each restart slow, and nothing more likely. */
    private static final long PAUSE_MS = 10;

    private static final List<String> CONCERNS = List.of("1", "2", "3", "\"majority\"");

    @TempDir
    Path directory;

    @Test
    void killingARandomProcessUnderWritersLosesNothingAcknowledged() throws Exception {
        long seed = Long.getLong("crash.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, String> acknowledged = new ConcurrentHashMap<>();
        CountDownLatch over = new CountDownLatch(1);
        AtomicInteger number = new AtomicInteger();
        try (ProcessCluster cluster = new ProcessCluster(directory, 3, "none")) {
            cluster.startAll();
            cluster.awaitAllReady();
            List<Thread> writers = new ArrayList<>();
            for (int writer = 0; writer < WRITERS; writer++) {
                int through = writer % 3;
                writers.add(new Thread(() -> write(cluster, through, over, number, acknowledged)));
            }
            writers.forEach(Thread::start);
            for (int round = 0; round < ROUNDS; round++) {
                int before = acknowledged.size();
                await("writes go on, seed " + seed)
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> acknowledged.size() > before + 50);
                int victim = random.nextInt(3);
                cluster.kill(victim);
                cluster.start(victim);
                cluster.awaitAllReady();
            }
            over.countDown();
            for (Thread writer : writers) {
                writer.join();
            }
            assertNothingIsMissing(cluster, acknowledged, seed);
            assertAllBecomeEqual(cluster);
        }
    }

    private static void write(
            ProcessCluster cluster,
            int through,
            CountDownLatch over,
            AtomicInteger number,
            Map<String, String> acknowledged) {
        try {
            while (over.getCount() > 0) {
                int n = number.incrementAndGet();
                String key = "key-" + n;
                if (cluster.write(through, key, "value-" + n, CONCERNS.get(n % CONCERNS.size())) == 204) {
                    acknowledged.put(key, "value-" + n);
                }
                over.await(PAUSE_MS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void assertNothingIsMissing(ProcessCluster cluster, Map<String, String> acknowledged, long seed)
            throws Exception {
        assertTrue(acknowledged.size() > ROUNDS * 50, "writes were acknowledged");
        Map<String, JsonNode> leaders = cluster.records(0);
        for (Map.Entry<String, String> entry : acknowledged.entrySet()) {
            JsonNode record = leaders.get(entry.getKey());
            assertNotNull(record, "lost " + entry.getKey() + ", seed " + seed);
            assertEquals(entry.getValue(), record.path("value").asText(), "seed " + seed);
        }
    }

    private static void assertAllBecomeEqual(ProcessCluster cluster) throws Exception {
        await("followers have all")
                .atMost(Duration.ofSeconds(60))
                .until(() -> !cluster.get(0, "/cluster").body().matches(".*\"lagEntries\":[1-9].*"));
        Map<String, JsonNode> leaders = cluster.records(0);
        assertEquals(leaders, cluster.records(1));
        assertEquals(leaders, cluster.records(2));
    }

    @Test
    void aFollowerThatWasDownCatchesUp() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory, 3, "none")) {
            cluster.startAll();
            cluster.awaitAllReady();
            cluster.kill(2);
            List<Thread> writers = new ArrayList<>();
            AtomicInteger number = new AtomicInteger();
            AtomicInteger failed = new AtomicInteger();
            for (int writer = 0; writer < WRITERS; writer++) {
                writers.add(new Thread(() -> writeUntil(cluster, number, failed)));
            }
            writers.forEach(Thread::start);
            for (Thread writer : writers) {
                writer.join();
            }
            assertEquals(0, failed.get(), "two replicas of three are enough for a majority");
            assertEquals(504, cluster.write(0, "all", "of them", "3"));
            cluster.start(2);
            cluster.awaitReady(2);
            await("the follower has the last write")
                    .atMost(Duration.ofSeconds(60))
                    .until(() ->
                            cluster.read(2, "/follower-read?replica=2", "all").contains("of them"));
            assertTrue(cluster.read(2, "/follower-read?replica=2", "n-5000").contains("\"5000\""));
            assertTrue(sees(cluster, true));
            cluster.kill(0);
            await("a follower sees that the leader is gone")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> sees(cluster, false));
            assertEquals(503, cluster.write(1, "while", "nobody leads", "1"));
        }
    }

    /** Whether replica 1 says that the leader can be reached. */
    private static boolean sees(ProcessCluster cluster, boolean leader) throws Exception {
        String line = cluster.get(1, "/cluster").body().split("\\{\"id\":", -1)[1];
        return line.contains("\"reachable\":" + leader);
    }

    private static void writeUntil(ProcessCluster cluster, AtomicInteger number, AtomicInteger failed) {
        try {
            int n;
            while ((n = number.incrementAndGet()) <= 10_000) {
                if (cluster.write(0, "n-" + n, "" + n, "2") != 204) {
                    failed.incrementAndGet();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aSecondProcessOnOneDirectoryRefusesToStart() throws Exception {
        try (ProcessCluster first = new ProcessCluster(directory, 1, "none");
                ProcessCluster second = new ProcessCluster(directory, 1, "none")) {
            first.start(0);
            first.awaitReady(0);
            second.start(0);
            assertTrue(second.awaitExit(0), "it ends");
            assertEquals(1, second.exitValue(0));
            assertTrue(second.log(0).contains("is in use by another process"), second.log(0));
        }
    }

    @Test
    void killedAtAnyStepOfFormationTheSetStillForms() throws Exception {
        SplittableRandom random = new SplittableRandom(7);
        try (ProcessCluster cluster = new ProcessCluster(directory, 3, "none")) {
            for (int round = 0; round < 3; round++) {
                cluster.startAll();
                int waitMs = 600 + random.nextInt(1_500);
                long until = System.nanoTime() + waitMs * 1_000_000L;
                await().pollInterval(Duration.ofMillis(20))
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> System.nanoTime() - until > 0);
                for (int id = 0; id < 3; id++) {
                    cluster.kill(id);
                }
            }
            cluster.start(2);
            cluster.start(1);
            cluster.start(0);
            cluster.awaitAllReady();
            assertEquals(204, cluster.write(1, "k", "v", "3"));
        }
    }
}
