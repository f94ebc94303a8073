package dev.quorate.bench.http;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A server process, its port and its log. */
final class Proc implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            .build();

    private final Process process;
    private final String url;
    private final Path log;
    private final long startedNanos;

    private Proc(Process process, String url, Path log, long startedNanos) {
        this.process = process;
        this.url = url;
        this.log = log;
        this.startedNanos = startedNanos;
    }

    static Proc start(List<String> command, int port, Path log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        long startedNanos = System.nanoTime();
        Process process = builder.start();
        // Also when the benchmark is interrupted.
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return new Proc(process, "http://127.0.0.1:" + port, log, startedNanos);
    }

    /** The command of a JVM that all Java servers here share: what differs is the program, not its options. */
    static List<String> java(List<String> options, Path app, int port) {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-XX:+UseSerialGC", "-Xmx256m", "-Dquarkus.http.host=127.0.0.1"));
        command.add("-Dquarkus.http.port=" + port);
        command.addAll(options);
        command.addAll(List.of("-jar", app.resolve("quarkus-run.jar").toString()));
        return command;
    }

    static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    String url() {
        return url;
    }

    /** Waits until the path is answered with the status, and says how long that is after the start. */
    Duration awaitStatus(String path, int status) throws IOException, InterruptedException {
        while (System.nanoTime() - startedNanos < START_LIMIT.toNanos()) {
            if (!process.isAlive()) {
                throw new IOException("it ended while starting; see " + log);
            }
            try {
                if (send(HttpRequest.newBuilder(URI.create(url + path))).statusCode() == status) {
                    return Duration.ofNanos(System.nanoTime() - startedNanos);
                }
            } catch (IOException notYet) {
                // It does not listen yet.
            }
            Thread.sleep(5);
        }
        throw new IOException("not ready within " + START_LIMIT + "; see " + log);
    }

    String get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url + path))).body();
    }

    String post(String path, String json) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url + path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json)))
                .body();
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.timeout(Duration.ofSeconds(5)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Processor time it has had so far. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** The most memory it ever had, of all kinds; by what Linux says. */
    long peakBytes() throws IOException {
        try (Stream<String> status = Files.lines(Path.of("/proc", String.valueOf(process.pid()), "status"))) {
            String peak =
                    status.filter(line -> line.startsWith("VmHWM:")).findFirst().orElseThrow();
            return Long.parseLong(peak.replaceAll("\\D", "")) << 10;
        }
    }

    /** Heap in use behind a full collection, which this has done. */
    long liveHeapBytes() throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        new ProcessBuilder(jcmd, String.valueOf(process.pid()), "GC.run")
                .start()
                .waitFor();
        return (long) metrics("jvm_memory_used_bytes\\{area=\"heap\".*");
    }

    /** The sum of the metrics whose lines begin so. */
    double metrics(String regex) throws IOException, InterruptedException {
        Pattern line = Pattern.compile("^" + regex + " (\\S+)$", Pattern.MULTILINE);
        return line.matcher(get("/q/metrics"))
                .results()
                .mapToDouble(found -> Double.parseDouble(found.group(found.groupCount())))
                .sum();
    }

    /** As {@code kill -9} does. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** In order, as far as it ends in order. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
