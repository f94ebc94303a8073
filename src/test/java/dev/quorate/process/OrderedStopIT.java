package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A leader that is stopped in order hands over first; who writes through the others does not notice. */
class OrderedStopIT {
    /** At least so many requests meet stops of leaders: {@code -Dstop.requests=10000} for what README says. */
    private static final int REQUESTS = Integer.getInteger("stop.requests", 3_000);

    private static final int STOPS = 3;
    private static final int CLIENTS = 6;

    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    @Test
    void whoWritesThroughTheOthersSeesNoFailedRequest() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "auto")) {
            cluster.startAll();
            cluster.awaitAllReady();
            for (int stop = 1; stop <= STOPS; stop++) {
                int old = cluster.awaitLeader();
                AtomicInteger answered = new AtomicInteger();
                Queue<String> failures = new ConcurrentLinkedQueue<>();
                CountDownLatch over = new CountDownLatch(1);
                List<Thread> clients = new ArrayList<>();
                for (int client = 0; client < CLIENTS; client++) {
                    int through = (old + 1 + client % 2) % 3;
                    clients.add(new Thread(() -> write(cluster, through, over, answered, failures)));
                }
                clients.forEach(Thread::start);
                int half = REQUESTS / STOPS / 2;
                await().atMost(Duration.ofMinutes(2)).until(() -> answered.get() > half);
                cluster.stop(old);
                assertTrue(cluster.awaitExit(old), "it ends");
                await().atMost(Duration.ofMinutes(2)).until(() -> answered.get() > 2 * half);
                over.countDown();
                for (Thread client : clients) {
                    client.join();
                }
                assertEquals(List.of(), List.copyOf(failures), "of " + answered + " requests at stop " + stop);
                assertTrue(cluster.log(old).contains("this process leads nothing"), "it handed over");
                cluster.awaitLeader(leader -> leader != old);
                cluster.start(old);
                cluster.awaitReady(old);
                cluster.awaitEqual();
            }
        }
    }

    private static void write(
            ProcessCluster cluster, int through, CountDownLatch over, AtomicInteger answered, Queue<String> failures) {
        try {
            for (int n = 0; over.getCount() > 0; n++) {
                HttpResponse<String> answer = cluster.put(through, "key-" + n % 100, "value-" + n, "w=majority");
                answered.incrementAndGet();
                if (answer.statusCode() / 100 != 2) {
                    failures.add(answer.statusCode() + " " + answer.body());
                }
            }
        } catch (IOException e) {
            failures.add(e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whoWritesThroughTheStoppingOneGetsAnswersAndIsSentAway() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "auto")) {
            cluster.startAll();
            cluster.awaitAllReady();
            int old = cluster.awaitLeader();
            AtomicInteger answered = new AtomicInteger();
            Queue<String> failures = new ConcurrentLinkedQueue<>();
            List<Thread> clients = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                clients.add(new Thread(() -> writeUntilSentAway(cluster, old, answered, failures)));
            }
            clients.forEach(Thread::start);
            await().atMost(Duration.ofMinutes(2)).until(() -> answered.get() > 500);
            cluster.stop(old);
            for (Thread client : clients) {
                client.join();
            }
            assertTrue(cluster.awaitExit(old), "it ends");
            assertEquals(List.of(), List.copyOf(failures), "of " + answered + " requests");
        }
    }

    private static void writeUntilSentAway(
            ProcessCluster cluster, int through, AtomicInteger answered, Queue<String> failures) {
        try {
            boolean sentAway = false;
            while (!sentAway) {
                HttpResponse<String> answer = cluster.put(through, "k", "v", "w=majority");
                answered.incrementAndGet();
                sentAway = answer.headers().allValues("Connection").contains("close");
                if (answer.statusCode() / 100 != 2) {
                    failures.add(answer.statusCode() + " " + answer.headers().map() + answer.body());
                }
            }
        } catch (IOException e) {
            failures.add(e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
