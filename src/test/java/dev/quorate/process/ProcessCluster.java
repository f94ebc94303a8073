package dev.quorate.process;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Real processes of the packaged program, one a replica, on loopback or each in a network namespace of its own, and what
 * can be done to them: killed, stopped in order, paused.
 */
final class ProcessCluster implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Below those that the system gives to connections: one given away meanwhile would keep a process from starting. */
    private static final int FIRST_PORT = 12_000;

    private static final int LAST_PORT = 30_000;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final Path directory;
    private final @Nullable Network network;
    private final List<Integer> ports = new ArrayList<>();
    private final List<@Nullable Process> processes = new ArrayList<>();
    private final List<Map<String, String>> environments = new ArrayList<>();
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final Set<Integer> paused = new HashSet<>();

    /** @param election {@code auto} or {@code none} */
    ProcessCluster(Path directory, int size, String election) throws IOException {
        this(directory, size, election, null);
    }

    /** One process a host of a network, set up to elect. */
    ProcessCluster(Path directory, Network network) throws IOException {
        this(directory, network.size(), "auto", network);
    }

    private ProcessCluster(Path directory, int size, String election, @Nullable Network network) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.network = network;
        settings.put("quorate.wal.segment-size", "1M");
        settings.put("quorate.election", election);
        settings.put("quorate.data-dir", directory.resolve("data").toString());
        while (ports.size() < size) {
            int port = freePort();
            if (!ports.contains(port)) {
                ports.add(port);
            }
        }
        for (int id = 0; id < size; id++) {
            processes.add(null);
            environments.add(new HashMap<>());
        }
    }

    /** A port on which nothing listens. */
    static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
            try (ServerSocket free = new ServerSocket(port)) {
                return free.getLocalPort();
            } catch (IOException e) {
                // It is somebody's: the next.
            }
        }
    }

    int size() {
        return ports.size();
    }

    /** What a replica's process gets of environment variables beside the usual, from its next start on. */
    Map<String, String> environment(int id) {
        return environments.get(id);
    }

    /** Configuration of every process, by key, from its next start on; what is not in it is the program's default. */
    Map<String, String> settings() {
        return settings;
    }

    List<String> urls() {
        return IntStream.range(0, size())
                .mapToObj(id -> "http://" + host(id) + ":" + ports.get(id))
                .toList();
    }

    private String host(int id) {
        return network == null ? "127.0.0.1" : network.host(id);
    }

    void start(int id) {
        List<String> options = new ArrayList<>();
        settings.forEach((key, value) -> options.add("-D" + key + "=" + value));
        options.addAll(List.of(
                "-Dquarkus.http.host=" + host(id),
                "-Dquarkus.http.port=" + ports.get(id),
                "-Dquorate.members=" + String.join(",", urls()),
                "-Dquorate.replica-id=" + id));
        List<String> command = new ArrayList<>(network == null ? List.of() : network.within(id));
        command.addAll(Program.command(options, List.of()));
        ProcessBuilder builder = new ProcessBuilder(command);
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
            paused.remove(id);
        }
    }

    /** As an operator or Kubernetes does: SIGTERM. It goes on until it has ended in order. */
    void stop(int id) {
        running(id).destroy();
    }

    /** Not scheduled any more, as by a hypervisor: SIGSTOP. Its connections stay open. */
    void pause(int id) throws IOException, InterruptedException {
        signal("STOP", id);
        paused.add(id);
    }

    /** It goes on as if no time had passed. */
    void resume(int id) throws IOException, InterruptedException {
        paused.remove(id);
        signal("CONT", id);
    }

    private void signal(String name, int id) throws IOException, InterruptedException {
        Tool.run("sh", "-c", "kill -" + name + " " + running(id).pid());
    }

    private Process running(int id) {
        Process process = processes.get(id);
        if (process == null || !process.isAlive()) {
            throw new IllegalStateException("replica " + id + " has no process");
        }
        return process;
    }

    private boolean answers(int id) {
        Process process = processes.get(id);
        return process != null && process.isAlive() && !paused.contains(id);
    }

    /** The disk of a replica whose process has ended was replaced. */
    void wipe(int id) throws IOException {
        RunDirectory.delete(directory.resolve("data/replica-" + id));
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

    /** Who leads, as it says itself; of two that say so the one of the later term, as the other was deposed. */
    int awaitLeader() {
        return awaitLeader(leader -> true);
    }

    /** As {@link #awaitLeader()}, once that is one of those wanted. */
    int awaitLeader(IntPredicate wanted) {
        return await("a wanted replica leads, see " + directory)
                .atMost(Duration.ofSeconds(60))
                .until(this::leader, leader -> leader >= 0 && wanted.test(leader));
    }

    private int leader() throws InterruptedException {
        int leader = -1;
        long term = -1;
        for (int id = 0; id < size(); id++) {
            JsonNode seen = answers(id) ? cluster(id) : JSON.createObjectNode();
            if (seen.path("leader").asInt(-1) == id && seen.path("term").asLong() > term) {
                leader = id;
                term = seen.path("term").asLong();
            }
        }
        return leader;
    }

    /** The set as a replica sees it; empty where it does not answer. */
    JsonNode cluster(int id) throws InterruptedException {
        return tree(id, "/cluster");
    }

    /** The term a replica is in. */
    long term(int id) throws InterruptedException {
        return cluster(id).path("term").asLong(-1);
    }

    /** Writes that failovers took from a replica's log. */
    JsonNode rollbacks(int id) throws InterruptedException {
        return tree(id, "/cluster/rollbacks?limit=1000").path("rollbacks");
    }

    private JsonNode tree(int id, String path) throws InterruptedException {
        try {
            return JSON.readTree(get(id, path).body());
        } catch (IOException e) {
            return JSON.createObjectNode();
        }
    }

    /** All have the same log, and all of it is committed. */
    void awaitEqual() {
        await("the logs are equal, see " + directory)
                .atMost(Duration.ofSeconds(60))
                .until(() -> {
                    Set<Long> indexes = new HashSet<>();
                    for (int id = 0; id < size(); id++) {
                        JsonNode self = cluster(id).path("replicas").path(id);
                        indexes.add(self.path("lastIndex").asLong(-1));
                        indexes.add(self.path("commitIndex").asLong(-2));
                    }
                    return indexes.size() == 1;
                });
    }

    /** What a replica itself has, by key: no other is asked. */
    Map<String, JsonNode> records(int id) throws IOException, InterruptedException {
        Map<String, JsonNode> records = new HashMap<>();
        String page = "/kv?read=local&limit=1000";
        String after = "";
        do {
            HttpResponse<String> answer = get(id, page + after);
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(answer.body());
            }
            JsonNode body = JSON.readTree(answer.body());
            body.path("records")
                    .forEach(record -> records.put(record.path("key").asText(), record));
            JsonNode next = body.path("next");
            after = next.isMissingNode() ? "" : "&after=" + URLEncoder.encode(next.asText(), StandardCharsets.UTF_8);
        } while (!after.isEmpty());
        return records;
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

    /** {@code PUT /kv/key?query}. */
    HttpResponse<String> put(int id, String key, String value, String query) throws IOException, InterruptedException {
        HttpRequest request = request(id, "/kv/" + key + "?" + query)
                .header("Content-Type", "text/plain")
                .PUT(HttpRequest.BodyPublishers.ofString(value))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** {@code DELETE /kv/key?query}. */
    HttpResponse<String> delete(int id, String key, String query) throws IOException, InterruptedException {
        HttpRequest request = request(id, "/kv/" + key + "?" + query).DELETE().build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** Whether a majority write through a replica is acknowledged. */
    boolean majorityWrite(int id, String key, String value) throws InterruptedException {
        try {
            return put(id, key, value, "w=majority").statusCode() / 100 == 2;
        } catch (IOException e) {
            return false;
        }
    }

    /** {@code GET /kv/key?read=level} of a replica, while the request is on its way. */
    CompletableFuture<HttpResponse<String>> reading(int id, String key, String level) {
        HttpRequest request = request(id, "/kv/" + key + "?read=" + level)
                .timeout(Duration.ofSeconds(60))
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(int id, String path) {
        return HttpRequest.newBuilder(URI.create(urls().get(id) + path)).timeout(Duration.ofSeconds(10));
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
