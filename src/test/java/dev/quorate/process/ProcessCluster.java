package dev.quorate.process;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Real processes of the packaged program, one a replica, on loopback. */
final class ProcessCluster implements AutoCloseable {
    static final Path JAR = Path.of(System.getProperty("build.dir", "target"), "quarkus-app/quarkus-run.jar");

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final Path directory;
    private final String election;
    private final List<Integer> ports = new ArrayList<>();
    private final List<@Nullable Process> processes = new ArrayList<>();
    private final List<Map<String, String>> environments = new ArrayList<>();

    /** @param election {@code auto} or {@code none} */
    ProcessCluster(Path directory, int size, String election) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.election = election;
        for (int id = 0; id < size; id++) {
            try (ServerSocket free = new ServerSocket(0)) {
                ports.add(free.getLocalPort());
            }
            processes.add(null);
            environments.add(new HashMap<>());
        }
    }

    int size() {
        return ports.size();
    }

    /** What a replica's process gets of environment variables beside the usual, from its next start on. */
    Map<String, String> environment(int id) {
        return environments.get(id);
    }

    List<String> urls() {
        return ports.stream().map(port -> "http://127.0.0.1:" + port).toList();
    }

    void start(int id) {
        String members = String.join(",", urls());
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=" + ports.get(id),
                "-Dquorate.members=" + members,
                "-Dquorate.replica-id=" + id,
                "-Dquorate.wal.segment-size=1M",
                "-Dquorate.election=" + election,
                "-Dquorate.data-dir=" + directory.resolve("data"),
                "-jar",
                JAR.toString());
        builder.environment().putAll(environments.get(id));
        Path log = directory.resolve("replica-" + id + ".log");
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        try {
            processes.set(id, builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void startAll() {
        for (int id = 0; id < size(); id++) {
            start(id);
        }
    }

    /** As {@code kill -9} does. */
    void kill(int id) throws InterruptedException {
        Process process = processes.get(id);
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    boolean awaitExit(int id) throws InterruptedException {
        Process process = processes.get(id);
        return process != null && process.waitFor(30, TimeUnit.SECONDS);
    }

    int exitValue(int id) {
        Process process = processes.get(id);
        return process == null ? 0 : process.exitValue();
    }

    String log(int id) throws IOException {
        return Files.readString(directory.resolve("replica-" + id + ".log"));
    }

    void awaitReady(int id) {
        await("replica " + id + " is ready, see " + directory)
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> get(id, "/q/health/ready").statusCode() == 200);
    }

    void awaitAllReady() {
        for (int id = 0; id < size(); id++) {
            awaitReady(id);
        }
    }

    HttpResponse<String> get(int id, String path) throws IOException, InterruptedException {
        return http.send(request(id, path).GET().build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(int id, String path, String json) throws IOException, InterruptedException {
        HttpRequest request = request(id, path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(int id, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports.get(id) + path))
                .timeout(Duration.ofSeconds(10));
    }

    /** Writes through a replica; the status, or 0 where no answer came. */
    int write(int id, String key, String value, String w) throws InterruptedException {
        try {
            String json = "{\"key\":\"" + key + "\",\"value\":\"" + value + "\",\"w\":" + w + "}";
            return post(id, "/write-with-quorum", json).statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    /** The answer of a replica's own state, without version and time; empty where the key is absent. */
    String read(int id, String path, String key) throws IOException, InterruptedException {
        String sep = path.contains("?") ? "&" : "?";
        HttpResponse<String> answer = get(id, path + sep + "key=" + URLEncoder.encode(key, StandardCharsets.UTF_8));
        return answer.statusCode() == 404 ? "" : answer.body();
    }

    @Override
    public void close() {
        for (Process process : processes) {
            if (process != null) {
                process.destroyForcibly().onExit().join();
            }
        }
    }
}
