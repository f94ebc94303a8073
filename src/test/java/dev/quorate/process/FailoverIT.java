package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quorate.history.Checker;
import dev.quorate.history.Verdict;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What clients rely on when leadership changes under them, for whatever reason. */
class FailoverIT {
    private static final int ROUNDS = Integer.getInteger("failover.rounds", 10);
    private static final int CLIENTS = 6;

    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    @Test
    void failoversUnderLoadLoseNothingThatAMajorityHas() throws Exception {
        long seed = Long.getLong("failover.seed", System.nanoTime());
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "auto");
                EventWatch watch = new EventWatch(cluster)) {
            cluster.startAll();
            cluster.awaitAllReady();
            Clients clients = new Clients(cluster, CLIENTS, new SplittableRandom(seed));
            try (clients) {
                for (int round = 0; round < ROUNDS; round++) {
                    int before = clients.answered();
                    await("clients go on, round " + round + ", seed " + seed)
                            .atMost(Duration.ofSeconds(60))
                            .until(() -> clients.answered() > before + 30);
                    changeLeader(cluster, round);
                }
            }
            cluster.awaitAllReady();
            cluster.awaitLeader();
            cluster.awaitEqual();
            clients.readAllRegisters();
            Verdict verdict = Checker.check(clients.history());
            assertTrue(verdict.holds(), verdict + ", seed " + seed);
            assertOneLeaderATerm(watch);
            assertAllHave(cluster, clients.majority());
            assertEachIsThereOrListed(cluster, clients.single());
            assertEqualRecords(cluster);
        }
    }

    /** Killed, paused, and asked to hand over, in turn. */
    private static void changeLeader(ProcessCluster cluster, int round) throws Exception {
        int old = cluster.awaitLeader();
        switch (round % 3) {
            case 0 -> {
                cluster.kill(old);
                cluster.awaitLeader(leader -> leader != old);
                cluster.start(old);
                cluster.awaitReady(old);
            }
            case 1 -> {
                cluster.pause(old);
                cluster.awaitLeader(leader -> leader != old);
                cluster.resume(old);
            }
            default -> {
                int next = (old + 1) % cluster.size();
                await("it hands over").atMost(Duration.ofSeconds(60)).until(() -> {
                    HttpResponse<String> answer =
                            cluster.post(round % cluster.size(), "/cluster/leader", "{\"replica\":" + next + "}");
                    return answer.statusCode() == 200;
                });
            }
        }
    }

    private static void assertOneLeaderATerm(EventWatch watch) {
        Map<Long, Set<Integer>> leaders = watch.leaders();
        assertTrue(leaders.size() >= ROUNDS, "the terms were seen: " + leaders);
        assertTrue(leaders.values().stream().allMatch(ofTerm -> ofTerm.size() == 1), "by term: " + leaders);
    }

    private static void assertAllHave(ProcessCluster cluster, Map<String, String> versions) throws Exception {
        assertFalse(versions.isEmpty(), "writes were acknowledged");
        Map<String, JsonNode> records = cluster.records(0);
        for (Map.Entry<String, String> write : versions.entrySet()) {
            assertEquals(write.getValue(), version(records, write.getKey()), write.getKey());
        }
    }

    private static void assertEachIsThereOrListed(ProcessCluster cluster, Map<String, String> versions)
            throws Exception {
        Set<String> listed = new HashSet<>();
        for (int id = 0; id < cluster.size(); id++) {
            for (JsonNode lost : cluster.rollbacks(id)) {
                listed.add(
                        lost.path("key").asText() + " " + lost.path("version").asText());
            }
        }
        Map<String, JsonNode> records = cluster.records(0);
        for (Map.Entry<String, String> write : versions.entrySet()) {
            String found = version(records, write.getKey());
            assertTrue(
                    found.equals(write.getValue()) || listed.contains(write.getKey() + " " + write.getValue()),
                    "lost in silence: " + write + ", in its place: " + found);
        }
    }

    private static void assertEqualRecords(ProcessCluster cluster) throws Exception {
        Map<String, JsonNode> first = cluster.records(0);
        assertEquals(first, cluster.records(1));
        assertEquals(first, cluster.records(2));
    }

    private static String version(Map<String, JsonNode> records, String key) {
        JsonNode record = records.get(key);
        return record == null ? "" : record.path("version").asText();
    }

    /** Of a replica's own record; empty where it has none. */
    private static String etag(ProcessCluster cluster, int id, String key) throws Exception {
        HttpResponse<String> answer = cluster.get(id, "/kv/" + key + "?read=local");
        return answer.headers().firstValue("ETag").orElse("");
    }

    @Test
    void aWriteThatOnlyADeadLeaderHasIsListedWhenItComesBack() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "auto")) {
            cluster.startAll();
            cluster.awaitAllReady();
            int old = cluster.awaitLeader();
            int first = (old + 1) % 3;
            int second = (old + 2) % 3;
            cluster.kill(first);
            cluster.kill(second);
            HttpResponse<String> alone = cluster.put(old, "alone", "not for long", "w=1");
            assertEquals(201, alone.statusCode(), alone.body());
            cluster.kill(old);
            cluster.start(first);
            cluster.start(second);
            cluster.awaitReady(first);
            cluster.awaitReady(second);
            assertTrue(cluster.majorityWrite(first, "after", "it"));
            cluster.start(old);
            cluster.awaitReady(old);
            cluster.awaitEqual();
            JsonNode lost = cluster.rollbacks(old);
            assertEquals(1, lost.size(), lost.toString());
            assertEquals("alone", lost.path(0).path("key").asText());
            assertEquals(
                    new ObjectMapper().readTree(alone.body()).path("version"),
                    lost.path(0).path("version"));
            assertEquals("discarded", lost.path(0).path("state").asText());
            assertEquals(1, lost.path(0).path("w").asInt());
            assertEquals("", etag(cluster, old, "alone"));
        }
    }
}
