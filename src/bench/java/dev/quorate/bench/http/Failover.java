package dev.quorate.bench.http;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What clients that write with w=majority through the other replicas notice when the leader is killed with -9, and when
 * it is stopped in order. Started by {@code src/bench/failover}.
 */
public final class Failover implements AutoCloseable {
    private static final Path APP = Path.of("target", "quarkus-app").toAbsolutePath();
    private static final int REPLICAS = 3;
    private static final int CLIENTS = 8;
    private static final int STOPS = 4;
    private static final long ELECTION_TIMEOUT_MS = 1_000;
    private static final Pattern LEADER = Pattern.compile("\"self\":(\\d+),\"leader\":\\1,");

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            .build();
    private final Path directory;
    private final List<Integer> ports = new ArrayList<>();
    private final List<Proc> processes = new ArrayList<>();

    private Failover(Path directory) throws IOException, InterruptedException {
        this.directory = directory;
        for (int id = 0; id < REPLICAS; id++) {
            ports.add(Proc.freePort());
        }
        for (int id = 0; id < REPLICAS; id++) {
            processes.add(start(id));
        }
        for (Proc process : processes) {
            process.awaitStatus("/q/health/ready", 200);
        }
    }

    /** Rounds, and requests in all that meet ordered stops. */
    public static void main(String[] args) throws IOException, InterruptedException {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 10;
        int requests = args.length > 1 ? Integer.parseInt(args[1]) : 10_000;
        Path parent = Files.createDirectories(Path.of("target", "bench").toAbsolutePath());
        System.out.printf(
                "%d processors, Java %s, election time-out %d ms, %d clients%n",
                Runtime.getRuntime().availableProcessors(), Runtime.version(), ELECTION_TIMEOUT_MS, CLIENTS);
        try (Failover failover = new Failover(Files.createTempDirectory(parent, "failover-"))) {
            List<Double> pauses = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                pauses.add(failover.pauseMs() / ELECTION_TIMEOUT_MS);
                System.out.printf(Locale.ROOT, "kill -9, round %d: %.2f%n", round + 1, pauses.get(round));
            }
            List<Double> sorted = pauses.stream().sorted().toList();
            double median = (sorted.get((rounds - 1) / 2) + sorted.get(rounds / 2)) / 2;
            System.out.printf(
                    Locale.ROOT,
                    "P10 kill -9: first acknowledged majority write after %.2f election time-outs (%.2f–%.2f)%n",
                    median,
                    sorted.get(0),
                    sorted.get(rounds - 1));
            System.out.println(failover.stops(requests));
        }
    }

    private Proc start(int id) throws IOException {
        String members = "http://127.0.0.1:%d,http://127.0.0.1:%d,http://127.0.0.1:%d".formatted(ports.toArray());
        List<String> options = List.of(
                "-Dquorate.members=" + members,
                "-Dquorate.replica-id=" + id,
                "-Dquorate.election-timeout=" + ELECTION_TIMEOUT_MS + "ms",
                "-Dquorate.data-dir=" + directory.resolve("data"));
        int port = ports.get(id);
        return Proc.start(Proc.java(options, APP, port), port, directory.resolve("replica-" + id + ".log"));
    }

    /** From the kill to the first acknowledgement of a write that was sent after it. */
    private double pauseMs() throws IOException, InterruptedException {
        int leader = leader();
        for (int warm = 0; warm < 200; warm++) {
            write((leader + 1 + warm % 2) % REPLICAS);
        }
        CountDownLatch acknowledged = new CountDownLatch(1);
        long killedNanos = System.nanoTime();
        processes.get(leader).kill();
        List<Thread> clients = clients(leader, () -> acknowledged.getCount() > 0, ok -> {
            if (ok) {
                acknowledged.countDown();
            }
        });
        acknowledged.await();
        double pauseMs = (System.nanoTime() - killedNanos) / 1e6;
        for (Thread client : clients) {
            client.join();
        }
        restart(leader);
        return pauseMs;
    }

    private String stops(int requests) throws IOException, InterruptedException {
        AtomicInteger answered = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        for (int stop = 1; stop <= STOPS; stop++) {
            int leader = leader();
            int target = requests * stop / STOPS;
            int half = answered.get() + (target - answered.get()) / 2;
            AtomicInteger stopped = new AtomicInteger();
            List<Thread> clients = clients(leader, () -> stopped.get() == 0 || answered.get() < target, ok -> {
                answered.incrementAndGet();
                if (!ok) {
                    failed.incrementAndGet();
                }
            });
            while (answered.get() < half) {
                Thread.sleep(1);
            }
            processes.get(leader).close();
            stopped.set(1);
            for (Thread client : clients) {
                client.join();
            }
            restart(leader);
        }
        return "P10 ordered stop: %d failed of %d requests that met %d stops of the leader"
                .formatted(failed.get(), answered.get(), STOPS);
    }

    private interface While {
        boolean goOn();
    }

    private interface Told {
        void tell(boolean acknowledged);
    }

    /** They write through the other replicas. */
    private List<Thread> clients(int leader, While goOn, Told told) {
        List<Thread> clients = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            int through = (leader + 1 + client % (REPLICAS - 1)) % REPLICAS;
            clients.add(new Thread(() -> {
                try {
                    while (goOn.goOn()) {
                        told.tell(write(through));
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        clients.forEach(Thread::start);
        return clients;
    }

    private boolean write(int through) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(processes.get(through).url() + "/kv/key?w=majority"))
                .timeout(Duration.ofSeconds(10))
                .PUT(HttpRequest.BodyPublishers.ofString("v".repeat(100)))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() / 100 == 2;
        } catch (IOException e) {
            return false;
        }
    }

    private void restart(int id) throws IOException, InterruptedException {
        Proc again = start(id);
        processes.set(id, again);
        again.awaitStatus("/q/health/ready", 200);
        Thread.sleep(ELECTION_TIMEOUT_MS);
    }

    private int leader() throws IOException, InterruptedException {
        while (true) {
            for (int id = 0; id < REPLICAS; id++) {
                Matcher leads = LEADER.matcher(processes.get(id).get("/cluster"));
                if (leads.find()) {
                    return id;
                }
            }
            Thread.sleep(10);
        }
    }

    @Override
    public void close() {
        processes.forEach(Proc::close);
    }
}
