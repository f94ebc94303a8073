package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A process that was not scheduled for a while believes that no time has passed. */
class PausedIT {
    private static final int READS = 40;
    private static final Duration LONG = Duration.ofSeconds(60);

    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    @Test
    void aPausedFollowerDeposesNobodyWhenItGoesOn() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "auto")) {
            cluster.settings().put("quorate.election-timeout", "800ms");
            cluster.startAll();
            cluster.awaitAllReady();
            int leader = cluster.awaitLeader();
            int follower = (leader + 1) % 3;
            long term = cluster.term(leader);
            cluster.pause(follower);
            pass(Duration.ofSeconds(4));
            assertTrue(cluster.majorityWrite(leader, "while", "it slept"));
            cluster.resume(follower);
            await("it catches up")
                    .atMost(LONG)
                    .until(() -> cluster.get(follower, "/kv/while?read=local").statusCode() == 200);
            pass(Duration.ofSeconds(3));
            for (int id = 0; id < 3; id++) {
                assertEquals(term, cluster.term(id), "term of replica " + id);
            }
            assertEquals(leader, cluster.awaitLeader());
        }
    }

    /** Long against the election time-out, for the processes; the test itself measures nothing. */
    private static void pass(Duration time) {
        long until = System.nanoTime() + time.toNanos();
        await().atMost(LONG).until(() -> System.nanoTime() - until > 0);
    }

    @Test
    void aPausedLeaderServesNoLinearizableReadFromBefore() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "auto")) {
            cluster.startAll();
            cluster.awaitAllReady();
            int old = cluster.awaitLeader();
            int other = (old + 1) % 3;
            assertTrue(cluster.majorityWrite(old, "k", "before"));
            cluster.pause(old);
            cluster.awaitLeader(leader -> leader != old);
            await("the others go on").atMost(LONG).until(() -> cluster.majorityWrite(other, "k", "after"));
            // The system takes connections and bytes for it: what it reads first when it goes on are these.
            List<CompletableFuture<HttpResponse<String>>> reads = new ArrayList<>();
            for (int n = 0; n < READS; n++) {
                reads.add(cluster.reading(old, "k", "linearizable"));
            }
            cluster.resume(old);
            int answered = 0;
            for (CompletableFuture<HttpResponse<String>> read : reads) {
                HttpResponse<String> answer = read.join();
                assertTrue(answer.statusCode() != 200 || answer.body().equals("after"), "it read " + answer.body());
                answered += answer.statusCode() == 200 ? 1 : 0;
            }
            assertTrue(answered > 0, "they were passed on to who leads");
        }
    }
}
