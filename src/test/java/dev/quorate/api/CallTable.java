package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toList;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.api.Contract.Call;
import dev.quorate.protocol.Position;
import io.restassured.RestAssured;
import io.restassured.config.HttpClientConfig;
import io.restassured.config.RestAssuredConfig;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * The rows of {@code calls.txt}: calls, each with the status that it has to have, under the heading of when. Each answer is
 * held against the document, too.
 */
public final class CallTable {
    private static final Contract CONTRACT = Contract.ofResource();
    private static final int CONNECTIONS = 8;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String NO_WATCH = "(?s).*\\nquorate_watchers[^\\n]* 0\\.0\\n.*";

    /** At the end of a body: what is announced, and never comes. */
    private static final String NEVER_COMES = "…";

    /** A request that a row asks for, its names replaced. */
    private record Request(int status, String method, String path, Map<String, String> headers, String body) {
        static Request of(String row) {
            String[] halves = row.split(" << ", 2);
            String[] cells = halves[0].split(" \\| ", -1);
            String[] call = cells[0].trim().split(" ", 3);
            Map<String, String> headers = new LinkedHashMap<>();
            for (int cell = 1; cell < cells.length; cell++) {
                String[] header = cells[cell].trim().split(": ", 2);
                headers.put(header[0], header[1]);
            }
            String body = halves.length == 2 ? halves[1] : "";
            if (!body.isEmpty()) {
                headers.putIfAbsent("Content-Type", body.startsWith("{") ? "application/json" : "text/plain");
            }
            return new Request(Integer.parseInt(call[0]), call[1], call[2], headers, body);
        }

        Optional<Call> call() {
            return CONTRACT.at(path.replaceFirst("\\?.*", "")).stream()
                    .filter(call -> call.method().equals(method.toLowerCase(Locale.ROOT)))
                    .findFirst();
        }
    }

    private final Map<String, List<String>> rows = read();
    private final Map<String, String> names = new LinkedHashMap<>();
    private final Set<String> held = new LinkedHashSet<>();
    private final AtomicInteger count = new AtomicInteger();

    /** From here on every answer that RestAssured gets is held against the document. */
    public CallTable() {
        RestAssured.replaceFiltersWith(List.of(new ContractFilter()));
    }

    private static Map<String, List<String>> read() {
        Map<String, List<String>> rows = new LinkedHashMap<>();
        try (InputStream in = Objects.requireNonNull(CallTable.class.getResourceAsStream("/calls.txt"))) {
            List<String> section = new ArrayList<>();
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                if (line.startsWith("## ")) {
                    section = new ArrayList<>();
                    rows.put(line.substring("## ".length()), section);
                } else if (!line.isBlank() && !line.startsWith("#")) {
                    section.add(line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return rows;
    }

    /** Every status of every call that the document declares: {@code 200 GET /cluster}. */
    static Set<String> declared() {
        Set<String> declared = new TreeSet<>();
        CONTRACT.calls()
                .forEach(call -> call.node()
                        .path("responses")
                        .fieldNames()
                        .forEachRemaining(status -> declared.add(status + " " + call)));
        return declared;
    }

    /** Those that a row has, written so, too; a row of no call as it stands. */
    static Set<String> listed() {
        return read().values().stream()
                .flatMap(List::stream)
                .map(row -> {
                    Request request = Request.of(row);
                    return request.call()
                            .map(call -> request.status() + " " + call)
                            .orElse(row);
                })
                .collect(toCollection(TreeSet::new));
    }

    /** The sections that were not held yet. */
    public Set<String> left() {
        Set<String> left = new TreeSet<>(rows.keySet());
        left.removeAll(held);
        return left;
    }

    /**
     * Writes what the rows are about, and says what their names stand for.
     *
     * @param url of the process that is written through
     * @param leader which replica leads
     */
    public void prepare(String url, int leader) {
        put(url, "used", Map.of("Idempotency-Key", "used"));
        put(url, "old", Map.of());
        Position there = Position.parse(put(url, "there", Map.of()));
        name("v", there);
        name("gone", new Position(there.term() + 1, there.index()));
        name("far", new Position(there.term(), 999_999_999));
        name("lead", leader);
        name("follower", (leader + 1) % 3);
        name("big", "x".repeat((1 << 20) + 1));
        name("large", "x".repeat(1 << 19));
    }

    private static String put(String url, String key, Map<String, String> headers) {
        return given().headers(headers)
                .contentType("text/plain")
                .body("v?")
                .put(url + "/kv/" + key + "?w=all&timeout=20s")
                .then()
                .statusCode(201)
                .extract()
                .path("version");
    }

    private void name(String name, Object meaning) {
        names.put("{" + name + "}", meaning.toString());
    }

    /**
     * Does what needs no fault.
     *
     * @param urls of the processes, by replica
     * @param replicas through whose processes each of the calls goes
     */
    public void holdWhereAllIsWell(List<String> urls, int... replicas) {
        hold("every replica is well", urls, replicas);
        hold("events are streamed", urls, replicas);
        for (int replica : replicas) {
            String url = urls.get(replica);
            awaitNoWatch(url);
            URI watch = URI.create(url + "/watch?prefix=there");
            try (EventStream one = EventStream.of(watch, Map.of());
                    EventStream other = EventStream.of(watch, Map.of())) {
                one.awaitLine("event:position"::equals);
                other.awaitLine("event:position"::equals);
                hold("two watch, which is the limit", urls, replica);
            }
        }
        fill(urls.get(replicas[0]));
        cut(urls);
        hold("the store is full and the log was cut", urls, replicas);
    }

    /** Whoever has hung up is still counted for a moment. */
    public void awaitNoWatch(String url) {
        await("no watch is left")
                .atMost(LONG)
                .until(() -> given().get(url + "/q/metrics").asString().matches(NO_WATCH));
    }

    private void fill(String url) {
        int status = 0;
        for (int n = 0; status != 507 && n < 20; n++) {
            status = given().contentType("text/plain")
                    .body(Objects.requireNonNull(names.get("{large}")))
                    .put(url + "/kv/large-" + n + "?w=all&timeout=20s")
                    .statusCode();
        }
        assertEquals(507, status);
    }

    /** The log goes back to the last snapshot but one. */
    private static void cut(List<String> urls) {
        for (int replica = 0; replica < urls.size(); replica++) {
            String url = urls.get(replica);
            String first = "replicas[" + replica + "].snapshot.firstIndex";
            await("the log is cut").atMost(LONG).until(() -> {
                given().body("v").put(url + "/kv/old").then().statusCode(200);
                given().post(url + "/cluster/snapshot").then().statusCode(202);
                return given().get(url + "/cluster").jsonPath().getLong(first) > 1;
            });
        }
    }

    /**
     * Does the calls of a section, several at once: one after the other they take as long as their time-outs together.
     *
     * @param urls of the processes, by replica
     * @param replicas through whose processes each of the calls goes
     */
    public void hold(String section, List<String> urls, int... replicas) {
        held.add(section);
        ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
        try {
            List<CompletableFuture<String>> answers = new ArrayList<>();
            for (int replica : replicas) {
                for (String row : Objects.requireNonNull(rows.get(section), section)) {
                    Request request = Request.of(meant(row, replica));
                    answers.add(CompletableFuture.supplyAsync(
                            () -> wrong(request, urls.get(replica), replica + ": " + row + ": "), threads));
                }
            }
            List<String> wrong = answers.stream()
                    .map(CompletableFuture::join)
                    .filter(text -> !text.isEmpty())
                    .toList();
            assertEquals(List.of(), wrong, section);
        } finally {
            threads.shutdownNow();
        }
    }

    private String meant(String row, int replica) {
        String meant = row.replace("{self}", String.valueOf(replica))
                .replace("{other}", String.valueOf((replica + 1) % 3))
                .replace("{n}", String.valueOf(count.incrementAndGet()));
        for (Map.Entry<String, String> name : names.entrySet()) {
            meant = meant.replace(name.getKey(), name.getValue());
        }
        return meant;
    }

    /** What is wrong with the answer, for a person, behind what it is of; empty if nothing. */
    private static String wrong(Request request, String url, String of) {
        try {
            String answer = request.headers().containsValue("text/event-stream")
                    ? streamed(request, url)
                    : request.body().endsWith(NEVER_COMES) ? begun(request, url) : whole(request, url);
            return answer.startsWith(request.status() + " ") ? "" : of + answer;
        } catch (AssertionError | Exception e) {
            return of + e;
        }
    }

    private static String whole(Request asked, String url) {
        RequestSpecification request = given().config(RestAssuredConfig.config()
                        .httpClient(HttpClientConfig.httpClientConfig()
                                .setParam("http.socket.timeout", (int) LONG.toMillis())))
                .urlEncodingEnabled(false)
                .redirects()
                .follow(false)
                .headers(asked.headers());
        if (!asked.body().isEmpty()) {
            request.body(asked.body().getBytes(StandardCharsets.UTF_8));
        }
        Response answer = request.request(asked.method(), url + asked.path());
        return answer.statusCode() + " " + answer.body().asString();
    }

    /** Events have no end: the first is enough. */
    private static String streamed(Request asked, String url) {
        try (EventStream stream = EventStream.of(URI.create(url + asked.path()), asked.headers())) {
            List<String> lines = stream.awaitLine(line -> !line.isBlank());
            return lines.get(0).startsWith("{") ? lines.toString() : "200 " + lines;
        }
    }

    private static String begun(Request asked, String url) throws IOException {
        String body = asked.body().substring(0, asked.body().length() - NEVER_COMES.length());
        Map<String, String> headers = new LinkedHashMap<>(asked.headers());
        headers.put("Host", "x");
        headers.putIfAbsent("Content-Length", String.valueOf(body.length() + 1));
        StringBuilder request = new StringBuilder(asked.method() + " " + asked.path() + " HTTP/1.1\r\n");
        headers.forEach((name, value) -> request.append(name + ": " + value + "\r\n"));
        try (RawConnection connection = RawConnection.to(URI.create(url))) {
            connection.send(request + "\r\n" + body);
            String[] answer = connection.toEnd().split("\r\n\r\n", 2);
            List<String> lines = answer[0].lines().toList();
            Map<String, List<String>> answered = lines.stream()
                    .skip(1)
                    .map(line -> line.split(": ", 2))
                    .collect(groupingBy(line -> line[0], mapping(line -> line[1], toList())));
            int status = Integer.parseInt(lines.get(0).split(" ", 3)[1]);
            String type = Stream.of("Content-Type", "content-type")
                    .flatMap(name -> answered.getOrDefault(name, List.of()).stream())
                    .findFirst()
                    .orElse(null);
            List<String> offences = new Exchange(
                            CONTRACT,
                            asked.method(),
                            asked.path(),
                            null,
                            Map.of(),
                            status,
                            type,
                            answered,
                            answer[1].getBytes(StandardCharsets.UTF_8))
                    .offences();
            return offences.isEmpty() ? status + " " + answer[1] : "against openapi.yaml: " + offences;
        }
    }
}
