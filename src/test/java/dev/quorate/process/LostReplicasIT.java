package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** As long as a majority is there the set goes on, also where one of it began with an empty disk. */
class LostReplicasIT {
    private static final Duration LONG = Duration.ofSeconds(60);

    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    @Test
    void aReplicaWhoseDirectoryWasDeletedTwiceIsAdmittedAndCounts() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "auto")) {
            cluster.startAll();
            cluster.awaitAllReady();
            write(cluster, 0, 0, 100);
            int wiped = (cluster.awaitLeader() + 1) % 3;
            replaceDisk(cluster, wiped);
            write(cluster, wiped, 100, 200);
            replaceDisk(cluster, wiped);
            awaitAdmitted(cluster, wiped, 2);
            int other = cluster.awaitLeader();
            cluster.kill(other);
            int leader = cluster.awaitLeader(next -> next != other);
            assertTrue(leader == wiped || cluster.majorityWrite(wiped, "it", "counts"));
            write(cluster, leader, 200, 300);
            for (int n = 0; n < 300; n++) {
                HttpResponse<String> value = cluster.get(wiped, "/kv/key-" + n + "?read=local");
                assertEquals("value-" + n, value.body());
            }
        }
    }

    /** The replica that rejoined is the second of two that have to agree: it votes and acknowledges. */
    private static void write(ProcessCluster cluster, int through, int from, int to) throws InterruptedException {
        for (int n = from; n < to; n++) {
            String key = "key-" + n;
            String value = "value-" + n;
            await(key).atMost(LONG).until(() -> cluster.majorityWrite(through, key, value));
        }
    }

    private static void replaceDisk(ProcessCluster cluster, int id) throws IOException, InterruptedException {
        cluster.kill(id);
        cluster.wipe(id);
        cluster.start(id);
        cluster.awaitReady(id);
    }

    private static void awaitAdmitted(ProcessCluster cluster, int id, int times) {
        await("it is admitted").atMost(LONG).until(() -> cluster.log(id).split("event=admitted", -1).length > times);
    }

    @Test
    void fiveGoOnWithoutTwoAndWaitWithoutThree() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 5, "auto")) {
            cluster.startAll();
            cluster.awaitAllReady();
            assertTrue(cluster.majorityWrite(0, "five", "of five"));
            int first = cluster.awaitLeader();
            cluster.kill(first);
            int second = cluster.awaitLeader(leader -> leader != first);
            cluster.kill(second);
            cluster.awaitLeader(leader -> leader != first && leader != second);
            int third = (first + 1) % 5 == second ? (first + 2) % 5 : (first + 1) % 5;
            int survivor = survivor(first, second, third);
            await("goes on").atMost(LONG).until(() -> cluster.majorityWrite(survivor, "three", "of five"));
            assertEquals("of five", cluster.get(survivor, "/kv/five").body());
            cluster.kill(third);
            await("says why not").atMost(LONG).until(() -> saysThatNobodyLeads(cluster, survivor));
            cluster.start(second);
            await("goes on again").atMost(LONG).until(() -> cluster.majorityWrite(survivor, "again", "of five"));
            assertEquals("of five", cluster.get(second, "/kv/three").body());
        }
    }

    private static int survivor(int first, int second, int third) {
        int id = 0;
        while (id == first || id == second || id == third) {
            id++;
        }
        return id;
    }

    /** While an election is expected a request waits for it, and is answered within its own time. */
    private static boolean saysThatNobodyLeads(ProcessCluster cluster, int id)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = cluster.put(id, "two", "of five", "w=majority&timeout=1s");
        return answer.statusCode() == 503
                && answer.headers().firstValue("Retry-After").isPresent()
                && answer.body().contains("\"outcome\":\"none\"")
                && answer.body().contains("is not known");
    }
}
