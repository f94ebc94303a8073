package dev.quorate.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Three processes of this very program on loopback, in a temporary directory, to be killed. */
final class LocalCluster implements AutoCloseable {
    private static final int SIZE = 3;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final int LONGEST_CALM_MS = 4_000;
    private static final int LONGEST_DOWN_MS = 2_000;

    private final SplittableRandom random;
    private final Path directory;
    private final List<Integer> ports = new ArrayList<>();
    private final List<@Nullable Process> processes = new ArrayList<>();
    private final Thread onExit = new Thread(this::killAll);

    private LocalCluster(long seed) throws IOException {
        this.random = new SplittableRandom(seed);
        this.directory = Files.createTempDirectory("quorate-check");
        for (int id = 0; id < SIZE; id++) {
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                ports.add(free.getLocalPort());
            }
            processes.add(null);
        }
    }

    /** Starts them and waits until all are ready. */
    static LocalCluster start(long seed) throws IOException, InterruptedException {
        LocalCluster cluster = new LocalCluster(seed);
        Runtime.getRuntime().addShutdownHook(cluster.onExit);
        try {
            for (int id = 0; id < SIZE; id++) {
                cluster.start(id);
            }
            for (int id = 0; id < SIZE; id++) {
                cluster.awaitReady(id);
            }
            return cluster;
        } catch (IOException | InterruptedException | RuntimeException e) {
            cluster.killAll();
            throw e;
        }
    }

    /** Base URLs in id order. */
    List<URI> urls() {
        return ports.stream()
                .map(port -> URI.create("http://127.0.0.1:" + port))
                .toList();
    }

    /** Runs the load, and kills and restarts one at random until it is over; how many times. */
    int killWhile(Load load) throws InterruptedException {
        List<Integer> kills = new ArrayList<>();
        Thread killer = new Thread(() -> kill(load, kills), "killer");
        killer.start();
        load.run();
        killer.join();
        load.settle();
        return kills.size();
    }

    private void kill(Load load, List<Integer> kills) {
        try {
            load.pause(1 + random.nextInt(LONGEST_CALM_MS));
            while (!load.isOver()) {
                int victim = random.nextInt(SIZE);
                Process process = processes.get(victim);
                if (process != null) {
                    process.destroyForcibly().waitFor();
                }
                kills.add(victim);
                load.pause(random.nextInt(LONGEST_DOWN_MS));
                start(victim);
                load.pause(1 + random.nextInt(LONGEST_CALM_MS));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void start(int id) throws IOException {
        List<String> command = new ArrayList<>(thisProgram());
        String members = String.join(",", urls().stream().map(URI::toString).toList());
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("QUARKUS_HTTP_HOST", "127.0.0.1");
        builder.environment().put("QUARKUS_HTTP_PORT", String.valueOf(ports.get(id)));
        builder.environment().put("QUORATE_MEMBERS", members);
        builder.environment().put("QUORATE_REPLICA_ID", String.valueOf(id));
        builder.environment().put("QUORATE_DATA_DIR", directory.resolve("data").toString());
        Path log = directory.resolve("replica-" + id + ".log");
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        processes.set(id, builder.start());
    }

    /** The command that started this program, less its arguments. */
    private static List<String> thisProgram() throws IOException {
        String jar = System.getProperty("java.class.path", "");
        if (jar.endsWith("quarkus-run.jar")) {
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            return List.of(
                    java, "-Xmx256m", "-jar", Path.of(jar).toAbsolutePath().toString());
        }
        if (System.getProperty("org.graalvm.nativeimage.imagecode") != null) {
            return List.of(ProcessHandle.current()
                    .info()
                    .command()
                    .orElseThrow(() -> new IOException("the path of this program is not known")));
        }
        throw new IOException(
                "--faults kill starts quarkus-run.jar again: run it by java -jar .../quarkus-run.jar check");
    }

    private void awaitReady(int id) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(urls().get(id) + "/q/health/ready"))
                .timeout(Duration.ofSeconds(2))
                .build();
        HttpClient http = HttpClient.newHttpClient();
        long until = System.nanoTime() + START_TIMEOUT.toNanos();
        while (System.nanoTime() - until < 0) {
            try {
                if (http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
                    return;
                }
            } catch (IOException e) {
                // not listening yet
            }
            Process process = processes.get(id);
            if (process != null && process.waitFor(100, TimeUnit.MILLISECONDS)) {
                throw new IOException("a process ended while it started; see " + directory);
            }
        }
        throw new IOException("the processes did not get ready in time; see " + directory);
    }

    private void killAll() {
        for (Process process : processes) {
            if (process != null) {
                process.destroyForcibly().onExit().join();
            }
        }
    }

    @Override
    public void close() throws IOException {
        killAll();
        Runtime.getRuntime().removeShutdownHook(onExit);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
