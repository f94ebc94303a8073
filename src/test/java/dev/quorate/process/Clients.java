package dev.quorate.process;

import dev.quorate.history.Operation;
import dev.quorate.history.Recorder;
import dev.quorate.protocol.Position;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Clients that go on whatever happens to the processes, each one call at a time through replicas in turn: majority writes
 * and linearizable reads of a few registers, all recorded, and writes of keys of their own at w=majority and w=1.
 */
final class Clients implements AutoCloseable {
    static final int REGISTERS = 6;
    private static final long PAUSE_MS = 20;

    private final ProcessCluster cluster;
    private final Recorder recorder = new Recorder(System::nanoTime);
    private final Map<String, String> majority = new ConcurrentHashMap<>();
    private final Map<String, String> single = new ConcurrentHashMap<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final CountDownLatch over = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();

    Clients(ProcessCluster cluster, int count, SplittableRandom random) {
        this.cluster = cluster;
        for (int client = 0; client < count; client++) {
            int number = client;
            SplittableRandom own = random.split();
            threads.add(new Thread(() -> work(number, own), "client-" + client));
        }
        threads.forEach(Thread::start);
    }

    /** How many writes were acknowledged so far. */
    int answered() {
        return answered.get();
    }

    /** Versions of acknowledged majority writes, by key; no key was written twice. */
    Map<String, String> majority() {
        return majority;
    }

    /** As {@link #majority()}, of writes with w=1. */
    Map<String, String> single() {
        return single;
    }

    /** What was done to the registers. */
    List<Operation> history() {
        return recorder.history();
    }

    /** A last look at every register through every replica, as another client. */
    void readAllRegisters() throws InterruptedException {
        for (int register = 0; register < REGISTERS; register++) {
            for (int id = 0; id < cluster.size(); id++) {
                read(threads.size(), id, "register-" + register);
            }
        }
    }

    private void work(int client, SplittableRandom random) {
        try {
            for (int n = 0; over.getCount() > 0; n++) {
                int through = (client + n) % cluster.size();
                String register = "register-" + random.nextInt(REGISTERS);
                boolean done = switch (random.nextInt(6)) {
                    case 0, 1, 2 -> read(client, through, register);
                    case 3 -> writeRegister(client, through, register, client + "." + n);
                    case 4 -> write(through, "majority-" + client + "-" + n, "majority", majority);
                    default -> write(through, "one-" + client + "-" + n, "1", single);
                };
                if (!done) {
                    // One that is down refuses at once: it would fill the history with refusals.
                    over.await(PAUSE_MS, TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean read(int client, int through, String key) throws InterruptedException {
        Recorder.Call call = recorder.read(client, key);
        try {
            HttpResponse<String> answer = cluster.get(through, "/kv/" + key + "?read=linearizable");
            boolean absent = answer.statusCode() == 404 && answer.body().contains("no-such-key");
            if (answer.statusCode() == 200 || absent) {
                call.saw(absent ? null : answer.body(), position(version(answer)), null);
                return true;
            }
        } catch (IOException e) {
            // A read that was not answered did nothing.
        }
        call.failed();
        return false;
    }

    private boolean writeRegister(int client, int through, String key, String value) throws InterruptedException {
        Recorder.Call call = recorder.write(client, key, value);
        try {
            HttpResponse<String> answer = cluster.put(through, key, value, "w=majority");
            if (answer.statusCode() / 100 == 2) {
                call.acknowledged(position(version(answer)));
                answered.incrementAndGet();
                return true;
            }
            if (answer.body().contains("\"outcome\":\"none\"")) {
                call.failed();
            } else {
                call.unknown();
            }
        } catch (ConnectException | HttpConnectTimeoutException e) {
            call.failed();
        } catch (IOException e) {
            call.unknown();
        }
        return false;
    }

    private boolean write(int through, String key, String w, Map<String, String> acknowledged)
            throws InterruptedException {
        try {
            HttpResponse<String> answer = cluster.put(through, key, key, "w=" + w);
            if (answer.statusCode() / 100 == 2) {
                acknowledged.put(key, version(answer).orElseThrow());
                answered.incrementAndGet();
                return true;
            }
        } catch (IOException e) {
            // Not acknowledged: nothing was promised.
        }
        return false;
    }

    private static Optional<String> version(HttpResponse<?> answer) {
        return answer.headers().firstValue("ETag").map(etag -> etag.replace("\"", ""));
    }

    private static @Nullable Position position(Optional<String> version) {
        return version.isEmpty() ? null : Position.parse(version.get());
    }

    /** Returns when each has its last answer. */
    @Override
    public void close() {
        over.countDown();
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
