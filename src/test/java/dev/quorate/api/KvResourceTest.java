package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesPattern;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values by key, on three real replicas in one process. */
@QuarkusTest
class KvResourceTest {
    private static final AtomicInteger KEYS = new AtomicInteger();

    @Inject
    HostedReplicas hosted;

    @TestHTTPResource("/kv/")
    @Nullable
    URI server;

    private final HttpClient http = HttpClient.newHttpClient();
    private String key = "";

    @BeforeEach
    void aLeaderAndANewKey() {
        key = "kv:" + KEYS.incrementAndGet();
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.awaiting().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"linearizable", "leader"})
    void whatWasWrittenIsReadWithItsTypeAndHeaders(String level) {
        String etag = given().contentType("text/plain; charset=utf-8")
                .body("Jessica")
                .put("/kv/" + key)
                .then()
                .statusCode(201)
                .contentType("application/json")
                .header("Quorate-Role", "leader")
                .header("Quorate-Committed", "true")
                .body("key", equalTo(key))
                .body("required", equalTo(2))
                .body("acknowledgedBy", hasItem(0))
                .body("committed", equalTo("true"))
                .body("survives", containsString("any failover"))
                .body("failureDomains", equalTo(1))
                .extract()
                .header("ETag");
        given().get("/kv/" + key + "?read=" + level)
                .then()
                .statusCode(200)
                .header("Content-Type", "text/plain; charset=utf-8")
                .header("ETag", etag)
                .header("Quorate-Replica", "0")
                .header("Quorate-Role", "leader")
                .header("Quorate-Committed", "true")
                .header("Quorate-Position", matchesPattern("\\d+\\.\\d+"))
                .body(equalTo("Jessica"));
    }

    @Test
    void theVersionIsTheReceiptsAndThePositionCoversIt() {
        String version = put("v", "")
                .body("version", matchesPattern("\\d+\\.\\d+"))
                .extract()
                .path("version");
        ValidatableResponse read = given().get("/kv/" + key).then().header("ETag", "\"" + version + "\"");
        Position reflected = Position.parse(read.extract().header("Quorate-Position"));
        assertFalse(Position.parse(version).isAfter(reflected), version + " is after " + reflected);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,2", "3,3", "majority,2", "all,3"})
    void everyConcernIsAcknowledged(String w, int required) {
        put("v", "?w=" + w).statusCode(201).body("required", equalTo(required));
    }

    @ParameterizedTest
    @ValueSource(strings = {"linearizable", "leader", "local"})
    void whatIsNotThereIs404(String level) {
        problem(given().get("/kv/no-such?read=" + level).then(), 404)
                .body("type", equalTo("urn:quorate:problem:no-such-key"))
                .header("Quorate-Position", matchesPattern("\\d+\\.\\d+"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a/b",
                "a//b",
                "/",
                "//a",
                "a/",
                "a;m=1",
                "a;m=1/b;n",
                "%41",
                "a b+c",
                "?#&=",
                "\u00e4/\ud83c\udf00",
                "..a",
                "a/../b",
                "\t\"\\"
            })
    void anyKeyComesBackAsItWas(String odd) throws Exception {
        for (String name : new String[] {key + "/" + odd, odd}) {
            String path = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
            assertEquals(
                    2,
                    send(request(path).PUT(HttpRequest.BodyPublishers.ofString(name)))
                                    .statusCode()
                            / 100);
            assertArrayEquals(
                    name.getBytes(StandardCharsets.UTF_8),
                    send(request(path).GET()).body());
            given().queryParam("key", name).get("/read").then().statusCode(200).body("key", equalTo(name));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a//b", "a/b/", "a;m=1", "a+b"})
    void aKeyWhoseSlashesAreNotEscapedStaysAsItWas(String odd) throws Exception {
        String name = key + "/" + odd;
        assertEquals(
                2,
                send(request(name).PUT(HttpRequest.BodyPublishers.ofString("v")))
                                .statusCode()
                        / 100);
        given().queryParam("key", name).get("/read").then().statusCode(200).body("key", equalTo(name));
    }

    @Test
    void anyBytesComeBackAsTheyWere() throws Exception {
        byte[] value = new byte[70_000];
        new Random(5).nextBytes(value);
        send(request(key).PUT(HttpRequest.BodyPublishers.ofByteArray(value)));
        HttpResponse<byte[]> read = send(request(key).GET());
        assertArrayEquals(value, read.body());
        assertEquals(
                "application/octet-stream",
                read.headers().firstValue("Content-Type").orElse(""));
    }

    @Test
    void anEmptyValueIsAValue() throws Exception {
        assertEquals(
                2, send(request(key).PUT(HttpRequest.BodyPublishers.noBody())).statusCode() / 100);
        HttpResponse<byte[]> read = send(request(key).GET());
        assertEquals(200, read.statusCode());
        assertEquals(0, read.body().length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "text/html",
                "application/x-www-form-urlencoded",
                "image/png",
                "*/*",
                "x/y;",
                "a/b ; q=\"\\\";/\""
            })
    void theContentTypeIsKeptWhateverTheBytesAre(String type) throws Exception {
        HttpRequest.Builder put = request(key).header("Content-Type", type);
        assertEquals(
                2,
                send(put.PUT(HttpRequest.BodyPublishers.ofString("{no json"))).statusCode() / 100);
        HttpResponse<byte[]> read = send(request(key).GET());
        assertEquals(type, read.headers().firstValue("Content-Type").orElse(""));
        assertEquals("{no json", new String(read.body(), StandardCharsets.UTF_8));
    }

    /** The process that passes it on has to send some type. */
    @Test
    void aValueThatWasPassedOnWithoutATypeHasNone() throws Exception {
        HttpRequest.Builder put = request(key)
                .header("Content-Type", "*/*")
                .header("Quorate-Forwarded", "1")
                .header("Quorate-Untyped", "true");
        assertEquals(2, send(put.PUT(HttpRequest.BodyPublishers.ofString("v"))).statusCode() / 100);
        HttpResponse<byte[]> read = send(request(key).GET());
        assertEquals(
                "application/octet-stream",
                read.headers().firstValue("Content-Type").orElse(""));
    }

    /** Each would keep the value from all who read it: no answer can be sent with such a header. */
    @ParameterizedTest
    @ValueSource(
            strings = {"1", "text", "text/\\lain", "a/b/c", "text/plain; charset", "text/plain, text/html", "/", "*"})
    void whatIsNoContentTypeIs400(String type) throws Exception {
        HttpResponse<byte[]> refused =
                send(request(key).header("Content-Type", type).PUT(HttpRequest.BodyPublishers.ofString("v")));
        assertEquals(400, refused.statusCode());
        assertTrue(new String(refused.body(), StandardCharsets.UTF_8).contains("\"member\":\"Content-Type\""));
        assertEquals(404, send(request(key).GET()).statusCode());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aLocalReadIsAnsweredByTheReplicaNamed(int replica) {
        put("v", "?w=all");
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> given().get("/kv/" + key + "?read=local&replica=" + replica)
                        .then()
                        .statusCode(200)
                        .header("Quorate-Replica", String.valueOf(replica))
                        .body(equalTo("v")));
    }

    // ---- session tokens --------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"read=local&replica=1", "read=local&replica=2", "read=leader", "read=linearizable"})
    void aReadWithATokenSeesTheWriteThatGaveIt(String query) {
        for (int i = 0; i < 30; i++) {
            String token = put("v" + i, "?w=1")
                    .statusCode(i == 0 ? 201 : 200)
                    .extract()
                    .header("Quorate-Position");
            String reflected = given().header("Quorate-Position", token)
                    .get("/kv/" + key + "?" + query)
                    .then()
                    .statusCode(200)
                    .body(equalTo("v" + i))
                    .extract()
                    .header("Quorate-Position");
            assertFalse(Position.parse(token).isAfter(Position.parse(reflected)), token + " is after " + reflected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"read=local&replica=1", "read=leader", "read=linearizable"})
    void aPositionThatIsNotReachedInTimeIs503ThatSaysHowFarItGot(String query) {
        long term = Position.parse(put("v", "").extract().header("Quorate-Position"))
                .term();
        String ahead = new Position(term, 999_999_999).toString();
        problem(
                        given().header("Quorate-Position", ahead)
                                .get("/kv/" + key + "?timeout=50ms&" + query)
                                .then(),
                        503)
                .body("type", equalTo("urn:quorate:problem:position-not-reached"))
                .body("position", equalTo(ahead))
                .body("reached", matchesPattern("\\d+\\.\\d+"))
                .body("outcome", equalTo("none"))
                .header("Retry-After", "1");
    }

    @Test
    void aPositionWhoseEntryIsAnotherIs409() {
        Position now = Position.parse(put("v", "").extract().header("Quorate-Position"));
        String replaced = new Position(now.term() + 1, now.index()).toString();
        problem(given().header("Quorate-Position", replaced).get("/kv/" + key).then(), 409)
                .body("type", equalTo("urn:quorate:problem:position-discarded"))
                .body("position", equalTo(replaced));
    }

    // ---- bad input -------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({
        "PUT,/kv/a?w=0,w",
        "PUT,/kv/a?w=4,w",
        "PUT,/kv/a?w=some,w",
        "PUT,/kv/a?w=1&w=2,w",
        "PUT,/kv/%00,key",
        "PUT,/kv/a?timeout=0ms,timeout",
        "PUT,/kv/a?timeout=61s,timeout",
        "PUT,/kv/a?timeout=-1s,timeout",
        "GET,/kv/a?timeout=x,timeout",
        "GET,/kv/a?read=newest,read",
        "GET,/kv/a?read=local&replica=3,replica",
        "GET,/kv/a?replica=1,replica",
        "GET,/kv/%FF,key",
        "GET,/kv/%ED%A0%80,key",
    })
    void whatIsWrongIs400AndTheMemberIsNamed(String verb, String path, String member) {
        problem(given().urlEncodingEnabled(false).request(verb, path).then(), 400)
                .body("member", equalTo(member))
                .body("detail", containsString(member));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1", "-1.2", "1.2.3"})
    void aTokenThatIsNoneIs400(String token) {
        problem(given().header("Quorate-Position", token).get("/kv/a").then(), 400)
                .body("member", equalTo("Quorate-Position"));
    }

    @Test
    void aValueAtTheLimitIsTakenAndOneAboveIs413() {
        put("x".repeat(1 << 20), "").statusCode(201);
        problem(put("x".repeat((1 << 20) + 1), ""), 413).body("limitBytes", equalTo(1 << 20));
    }

    @Test
    void aKeyAboveTheLimitIs400() {
        problem(given().get("/kv/" + "x".repeat(1025)).then(), 400).body("member", equalTo("key"));
    }

    private ValidatableResponse put(String value, String query) {
        return given().contentType("text/plain")
                .body(value)
                .put("/kv/" + key + query)
                .then();
    }

    private static ValidatableResponse problem(ValidatableResponse answer, int status) {
        return answer.statusCode(status).contentType("application/problem+json").body("status", equalTo(status));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server + path)).timeout(Duration.ofSeconds(10));
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }
}
