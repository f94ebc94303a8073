package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.oneOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The stream of committed changes, on three real replicas in one process. */
@QuarkusTest
class WatchResourceTest {
    private static final AtomicInteger KEYS = new AtomicInteger();

    @Inject
    HostedReplicas hosted;

    @TestHTTPResource("/watch")
    URI watch = URI.create("http://unset");

    private String prefix = "";

    @BeforeEach
    void aLeaderAndANewPrefix() {
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.awaiting().isEmpty());
        prefix = "watch/" + KEYS.incrementAndGet() + "/";
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void everyReplicaTellsCommittedChangesWithTheirPlaces(int replica) {
        try (EventStream stream = open("&replica=" + replica, Map.of())) {
            stream.awaitLine("event:position"::equals);
            String first = put("a", "text/plain", "Jess\"ica".getBytes(StandardCharsets.UTF_8));
            put("elsewhere", "../x", "text/plain", new byte[1]);
            String second = put("b", "image/png", new byte[] {(byte) 0xff, 0});
            List<String> lines = stream.awaitLine(("id:" + second)::equals);
            List<String> changes = changes(lines);
            assertEquals(2, changes.size(), lines::toString);
            assertTrue(
                    changes.get(0)
                            .startsWith("data:{\"type\":\"put\",\"key\":\"" + prefix + "a\",\"version\":\"" + first
                                    + "\",\"value\":\"Jess\\\"ica\",\"contentType\":\"text/plain"),
                    changes.get(0));
            assertTrue(changes.get(1).contains("\"valueBase64\":\"/wA=\""), changes.get(1));
            assertTrue(lines.contains("id:" + first), lines::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aStreamGoesOnBehindItsLastIdOnAnyReplica(int replica) {
        List<String> versions = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            versions.add(put("k" + i, "text/plain", new byte[] {'v'}));
        }
        String behind = versions.get(1);
        for (Map<String, String> headers : List.of(Map.of("Last-Event-ID", behind), Map.<String, String>of())) {
            // A browser comes back with the URL that it first had: what it has seen since counts.
            String from = headers.isEmpty() ? behind : "0.0";
            try (EventStream stream = open("&replica=" + replica + "&from=" + from, headers)) {
                List<String> changes = changes(stream.awaitLine(("id:" + versions.get(3))::equals));
                assertEquals(2, changes.size(), changes::toString);
                assertTrue(changes.get(0).contains("\"version\":\"" + versions.get(2) + "\""), changes::toString);
            }
        }
    }

    @Test
    void fromTheBeginningAllIsTold() {
        String version = put("k", "text/plain", new byte[] {'v'});
        try (EventStream stream = open("&from=0.0", Map.of())) {
            List<String> lines = stream.awaitLine(("id:" + version)::equals);
            assertEquals(
                    "id:0.0",
                    lines.stream()
                            .filter(line -> line.startsWith("id:"))
                            .findFirst()
                            .orElse(""));
            assertEquals(1, changes(lines).size(), lines::toString);
        }
    }

    /** What a key is written over and over is told each time. */
    @Test
    void noChangeIsLeftOut() {
        String last = "";
        try (EventStream stream = open("", Map.of())) {
            stream.awaitLine("event:position"::equals);
            for (int i = 0; i < 50; i++) {
                last = put("same", "text/plain", String.valueOf(i).getBytes(StandardCharsets.UTF_8));
            }
            List<String> changes = changes(stream.awaitLine(("id:" + last)::equals));
            assertEquals(50, changes.size());
            for (int i = 0; i < 50; i++) {
                assertTrue(changes.get(i).contains("\"value\":\"" + i + "\""), changes.get(i));
            }
        }
    }

    /** Byte by byte: the id is in the last event of an entry alone, with and without others before it in the same buffer. */
    @Test
    void theEventsOfAnEntryEndWithItsId() throws IOException, InterruptedException {
        String version = given().contentType("application/json")
                .body("""
                        {"operations":[{"put":"Pa","value":"\u00e4","contentType":"text/plain"},
                        {"put":"Pb","value":"2","contentType":"text/plain"},{"delete":"Pc"}]}""".replace("P", prefix))
                .post("/kv/_batch")
                .then()
                .statusCode(200)
                .extract()
                .path("version");
        String encoded = URLEncoder.encode(prefix, StandardCharsets.UTF_8);
        HttpResponse<InputStream> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(watch + "?from=0.0&prefix=" + encoded))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        assertEquals(List.of("text/event-stream"), answer.headers().allValues("Content-Type"));
        assertEquals(List.of("no-cache"), answer.headers().allValues("Cache-Control"));
        assertEquals(List.of("text/plain"), answer.headers().allValues("X-SSE-Content-Type"));
        String expected = """
                id:0.0
                event:position
                data:{"position":"0.0","replica":R}

                data:{"type":"put","key":"Pa","version":"V","value":"\u00e4",M}

                data:{"type":"put","key":"Pb","version":"V","value":"2",M}

                id:V
                data:{"type":"delete","key":"Pc","version":"V","reason":"delete"}

                """;
        try (InputStream body = answer.body()) {
            StringBuilder events = new StringBuilder();
            BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
            for (int line = 0; line < 11; line++) {
                events.append(lines.readLine()).append('\n');
            }
            String told = events.toString()
                    .replaceAll("\"contentType\":\"text/plain\",\"timestamp\":\"[^\"]*\"", "M")
                    .replaceAll("\"replica\":\\d", "\"replica\":R")
                    .replace('"' + version + '"', "\"V\"")
                    .replace("id:" + version, "id:V")
                    .replace(prefix, "P");
            assertEquals(expected, told);
        }
    }

    @Test
    void whoLeavesIsForgottenAtOnce() {
        int before = hosted.watching();
        try (EventStream stream = open("", Map.of())) {
            stream.awaitLine("event:position"::equals);
            assertEquals(before + 1, hosted.watching());
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.watching() <= before);
    }

    @ParameterizedTest
    @CsvSource({
        "from=x,400,bad-request",
        "from=1,400,bad-request",
        "replica=3,400,bad-request",
        "prefix=a&prefix=b,400,bad-request",
        "timeout=0,400,bad-request",
        "from={term}.999999999&timeout=50ms,503,position-not-reached"
    })
    void whatCannotBeWatchedHasAStatus(String query, int status, String type) {
        String term = Long.toString(hosted.asked().term());
        given().get("/watch?" + query.replace("{term}", term))
                .then()
                .statusCode(status)
                .contentType("application/problem+json")
                .body("type", equalTo("urn:quorate:problem:" + type));
    }

    @Test
    void aPositionThatAFailoverRemovedIs409() {
        Position there = Position.parse(put("k", "text/plain", new byte[] {'v'}));
        given().header("Last-Event-ID", new Position(there.term() + 1, there.index()).toString())
                .get("/watch")
                .then()
                .statusCode(409)
                .body("type", equalTo("urn:quorate:problem:position-discarded"));
        given().header("Last-Event-ID", "nonsense")
                .get("/watch")
                .then()
                .statusCode(400)
                .body("member", equalTo("Last-Event-ID"));
        given().header("Last-Event-ID", there.toString())
                .get("/watch?from=nonsense")
                .then()
                .statusCode(400)
                .body("member", equalTo("from"));
    }

    private EventStream open(String query, Map<String, String> headers) {
        String encoded = URLEncoder.encode(prefix, StandardCharsets.UTF_8);
        return EventStream.of(URI.create(watch + "?prefix=" + encoded + query), headers);
    }

    private static List<String> changes(List<String> lines) {
        return lines.stream().filter(line -> line.startsWith("data:{\"type\"")).toList();
    }

    private String put(String name, String type, byte[] value) {
        return put(prefix, name, type, value);
    }

    private static String put(String before, String name, String type, byte[] value) {
        return given().contentType(type)
                .body(value)
                .pathParam("key", before + name)
                .put("/kv/{key}")
                .then()
                .statusCode(oneOf(200, 201))
                .extract()
                .path("version");
    }
}
