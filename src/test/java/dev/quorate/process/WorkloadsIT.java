package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.cli.Cli;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the API promises, of each kind of call, while processes fail: every workload of {@code check} at once on one set. */
class WorkloadsIT {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final List<String> WORKLOADS =
            List.of("cas", "counter", "batch", "batch --read local", "ttl", "watch", "sessions");

    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    private final ExecutorService threads = Executors.newFixedThreadPool(WORKLOADS.size());

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void everyPromiseIsKeptWhileReplicasAreKilledAndPaused() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path().resolve("cluster"), 3, "auto")) {
            cluster.startAll();
            cluster.awaitAllReady();
            Map<String, CompletableFuture<Integer>> checks = start(cluster, "12s");
            int old = cluster.awaitLeader();
            progress(cluster, old, "before");
            cluster.kill(old);
            int next = cluster.awaitLeader(leader -> leader != old);
            progress(cluster, next, "killed");
            cluster.start(old);
            cluster.awaitReady(old);
            cluster.pause(next);
            int third = cluster.awaitLeader(leader -> leader != next);
            progress(cluster, third, "paused");
            cluster.resume(next);
            int follower = (third + 1) % 3;
            cluster.kill(follower);
            progress(cluster, third, "without a follower");
            cluster.start(follower);
            assertAllHold(checks);
        }
    }

    @Test
    @Tag("root")
    void everyPromiseIsKeptWhileReplicasAreCutOff() throws Exception {
        try (Network network = new Network(3);
                ProcessCluster cluster = new ProcessCluster(directory.path().resolve("cluster"), network)) {
            cluster.startAll();
            cluster.awaitAllReady();
            Map<String, CompletableFuture<Integer>> checks = start(cluster, "15s");
            for (int round = 0; round < 3; round++) {
                int old = cluster.awaitLeader();
                progress(cluster, old, "round " + round);
                if (round == 1) {
                    network.drop(old, (old + 1) % 3);
                    network.drop(old, (old + 2) % 3);
                } else {
                    network.cut(old);
                }
                int next = cluster.awaitLeader(leader -> leader != old);
                progress(cluster, next, "cut off, round " + round);
                network.heal();
            }
            assertAllHold(checks);
        }
    }

    /** Each in a thread, as it would be in a process. */
    private Map<String, CompletableFuture<Integer>> start(ProcessCluster cluster, String duration) {
        String targets = String.join(",", cluster.urls());
        Map<String, CompletableFuture<Integer>> checks = new LinkedHashMap<>();
        for (String workload : WORKLOADS) {
            String line = "check --target " + targets + " --clients 2 --keys 3 --duration " + duration + " --out "
                    + out(workload) + " --workload " + workload;
            checks.put(workload, CompletableFuture.supplyAsync(() -> Cli.run(line.split(" ", -1)), threads));
        }
        return checks;
    }

    private Path out(String workload) {
        return directory.path().resolve(workload.replaceAll("[ -]+", "-"));
    }

    /** The set takes writes again, and has taken some. */
    private static void progress(ProcessCluster cluster, int through, String when) {
        for (int n = 0; n < 20; n++) {
            String value = when + n;
            await(when).atMost(LONG).until(() -> cluster.majorityWrite(through, "progress", value));
        }
    }

    /** A history in which nothing could have shown a violation does not: it has an exit code of its own. */
    private static void assertAllHold(Map<String, CompletableFuture<Integer>> checks) {
        for (Map.Entry<String, CompletableFuture<Integer>> check : checks.entrySet()) {
            assertEquals(0, check.getValue().join(), check.getKey() + ": see what was printed");
        }
    }
}
