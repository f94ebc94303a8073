package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Processes that run and do not hear of each other, or only one of the other. */
@Tag("root")
class PartitionIT {
    private static final Duration LONG = Duration.ofSeconds(60);
    /** A cut and its healing cost an election each; a set that has no peace takes some every second. */
    private static final int FEW_TERMS = 10;

    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    @Test
    void aLeaderThatIsCutOffStepsDownAndWhatItAloneTookIsListed() throws Exception {
        try (Network network = new Network(3);
                ProcessCluster cluster = new ProcessCluster(directory.path(), network);
                EventWatch watch = new EventWatch(cluster)) {
            cluster.startAll();
            cluster.awaitAllReady();
            int old = cluster.awaitLeader();
            int other = (old + 1) % 3;
            long term = cluster.term(old);
            assertTrue(cluster.majorityWrite(old, "k", "before"));
            network.cut(old);
            HttpResponse<String> read = cluster.get(old, "/kv/k?read=linearizable&timeout=50ms");
            assertTrue(read.statusCode() >= 500, "nobody confirms that it leads: " + read.statusCode());
            HttpResponse<String> alone = cluster.put(old, "alone", "not for long", "w=1");
            assertEquals(201, alone.statusCode(), alone.body());
            int majority = cluster.put(old, "pending", "nor for longer", "w=majority&timeout=50ms")
                    .statusCode();
            assertTrue(majority >= 500, "no majority has it: " + majority);
            cluster.awaitLeader(leader -> leader != old);
            await("the majority goes on").atMost(LONG).until(() -> cluster.majorityWrite(other, "k", "v"));
            await("it steps down by itself")
                    .atMost(LONG)
                    .until(() -> !watch.events("role-changed", event -> isQuorumLost(event, old))
                            .isEmpty());
            assertEquals(503, cluster.put(old, "k", "w", "w=1&timeout=100ms").statusCode());
            network.heal();
            cluster.awaitEqual();
            cluster.awaitAllReady();
            JsonNode lost = cluster.rollbacks(old);
            assertEquals(2, lost.size(), lost.toString());
            assertEquals(Set.of("alone", "pending"), Set.copyOf(lost.findValuesAsText("key")));
            assertEquals(List.of("discarded", "discarded"), lost.findValuesAsText("state"));
            assertEquals("v", cluster.get(old, "/kv/k?read=local").body());
            assertFewTerms(cluster, term);
        }
    }

    private static boolean isQuorumLost(JsonNode event, int replica) {
        return event.path("replica").asInt() == replica
                && event.path("reason").asText().equals("no majority answered within an election time-out");
    }

    private static void assertFewTerms(ProcessCluster cluster, long since) throws InterruptedException {
        for (int id = 0; id < cluster.size(); id++) {
            long terms = cluster.term(id) - since;
            assertTrue(terms >= 0 && terms <= FEW_TERMS, "replica " + id + " saw " + terms + " terms more");
        }
    }

    /** Not for long: what is not acknowledged TCP sends no more of, so that followers miss it too, and elect. */
    @Test
    void aLeaderThatIsHeardButHearsNobodyGivesWay() throws Exception {
        oneWay(true);
    }

    @Test
    void aLeaderThatHearsAllAndIsNotHeardGivesWay() throws Exception {
        oneWay(false);
    }

    /** @param heard whether what it sends arrives; else what is sent to it does */
    private void oneWay(boolean heard) throws Exception {
        try (Network network = new Network(3);
                ProcessCluster cluster = new ProcessCluster(directory.path(), network)) {
            cluster.startAll();
            cluster.awaitAllReady();
            int old = cluster.awaitLeader();
            int other = (old + 1) % 3;
            long term = cluster.term(old);
            for (int id = 0; id < 3; id++) {
                if (id != old) {
                    network.drop(heard ? id : old, heard ? old : id);
                }
            }
            cluster.awaitLeader(leader -> leader != old);
            for (int n = 0; n < 20; n++) {
                String value = "v" + n;
                await("the majority goes on").atMost(LONG).until(() -> cluster.majorityWrite(other, "k", value));
            }
            network.heal();
            await("all take writes").atMost(LONG).until(() -> cluster.majorityWrite(old, "k", "healed"));
            cluster.awaitEqual();
            assertFewTerms(cluster, term);
        }
    }
}
