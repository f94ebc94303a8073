package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What was answered is kept in the store and the log, and nowhere else. */
class LargeValuesIT {
    private static final int KEYS = 4;
    /** About as much as the heap of a process, in less time than a body may take to come. */
    private static final int WRITES = 300;

    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    @Test
    void moreLargeValuesThanTheHeapHoldsAreWrittenToAFewKeys() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "none")) {
            cluster.settings().put("quorate.wal.segment-size", "16M");
            cluster.settings().put("quorate.limits.body-timeout", "10m");
            cluster.startAll();
            cluster.awaitAllReady();
            String value = "v".repeat(1_000_000);
            for (int i = 0; i < WRITES; i++) {
                int status = cluster.put(0, "large-" + i % KEYS, value, "w=3").statusCode();
                assertEquals(i < KEYS ? 201 : 200, status, "write " + i);
            }
            for (int id = 0; id < cluster.size(); id++) {
                int replica = id;
                await("replica " + id)
                        .atMost(Duration.ofSeconds(30))
                        .ignoreExceptions()
                        .until(
                                () -> cluster.get(replica, "/kv/large-0?read=local")
                                        .body(),
                                value::equals);
            }
        }
    }
}
