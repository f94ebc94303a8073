package dev.quorate.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Reads {@code GET /cluster/events} of every process, again after each restart, and keeps what was told. */
final class EventWatch implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DATA = "data:{\"id\"";
    private static final long RECONNECT_MS = 20;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Map<String, JsonNode> told = new ConcurrentHashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Thread> readers = new ArrayList<>();

    EventWatch(ProcessCluster cluster) {
        for (String url : cluster.urls()) {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(url + "/cluster/events")).build();
            Thread reader = new Thread(() -> read(request), "events of " + url);
            reader.setDaemon(true);
            reader.start();
            readers.add(reader);
        }
    }

    private void read(HttpRequest request) {
        try {
            while (!closed.await(RECONNECT_MS, TimeUnit.MILLISECONDS)) {
                try (Stream<String> lines =
                        http.send(request, HttpResponse.BodyHandlers.ofLines()).body()) {
                    lines.filter(line -> line.startsWith(DATA)).forEach(this::keep);
                } catch (IOException | UncheckedIOException e) {
                    // The process is not there, or went away: what it told before is kept.
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void keep(String line) {
        try {
            JsonNode event = JSON.readTree(line.substring("data:".length()));
            told.put(event.path("id").asText(), event);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those of a type, in no order. */
    List<JsonNode> events(String type, Predicate<JsonNode> wanted) {
        return told.values().stream()
                .filter(event -> event.path("type").asText().equals(type) && wanted.test(event))
                .toList();
    }

    /** Who said that it leads, by term. */
    Map<Long, Set<Integer>> leaders() {
        Map<Long, Set<Integer>> leaders = new TreeMap<>();
        for (JsonNode event :
                events("role-changed", event -> event.path("role").asText().equals("leader"))) {
            leaders.computeIfAbsent(event.path("term").asLong(), term -> new TreeSet<>())
                    .add(event.path("replica").asInt());
        }
        return leaders;
    }

    @Override
    public void close() {
        closed.countDown();
        readers.forEach(Thread::interrupt);
    }
}
