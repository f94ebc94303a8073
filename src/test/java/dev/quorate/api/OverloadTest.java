package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.oneOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that ask for more than there is, or keep what they have: each is refused or hung up on, and the rest served. */
@QuarkusTest
@TestProfile(OverloadTest.Narrow.class)
class OverloadTest {
    /** More than the platform keeps in memory before it has a thread wait for the rest. */
    private static final int MORE_THAN_A_BUFFER = 12_000;

    private static final int THREADS = 8;
    private static final String JSON = "Content-Type: application/json";
    private static final String CHUNKED = "Transfer-Encoding: chunked";

    /** Small bounds; the time for bodies is long enough for those that come, and short enough to be waited for. */
    public static final class Narrow implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quorate.limits.body-timeout", "3s",
                    "quorate.limits.pending-bytes", "1M",
                    "quorate.limits.watchers", "2",
                    "quarkus.thread-pool.max-threads", String.valueOf(THREADS));
        }
    }

    @Inject
    HostedReplicas hosted;

    @Inject
    MeterRegistry registry;

    @TestHTTPResource("/")
    URI server = URI.create("http://unset");

    private final List<RawConnection> open = new ArrayList<>();

    @BeforeEach
    void aLeader() {
        await().atMost(Duration.ofSeconds(30)).until(() -> hosted.awaiting().isEmpty());
    }

    @AfterEach
    void nothingIsHeldAndWritesAreTaken() {
        open.forEach(RawConnection::close);
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.intake().pendingBytes() == 0);
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.answers().pendingBytes() == 0);
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.watching() == 0);
        given().body("v").put("/kv/after").then().statusCode(oneOf(200, 201));
    }

    @Test
    void aBodyThatDoesNotComeInTimeIs408AndTheConnectionEnds() throws IOException {
        List<RawConnection> slow = new ArrayList<>();
        for (String call : List.of("POST /write", "POST /write-with-quorum", "PUT /kv/slow", "POST /kv/_batch")) {
            slow.add(connect(request(call, JSON, "Content-Length: 9")));
            slow.add(connect(request(call, JSON, "Content-Length: 9") + "{"));
        }
        String chunk = "3\r\n{\"r\r\n";
        slow.add(connect(request("POST /cluster/leader", JSON, CHUNKED) + chunk));
        slow.add(connect(request("PUT /kv/slow", CHUNKED) + chunk));
        for (RawConnection connection : slow) {
            String answer = connection.toEnd();
            assertProblem(408, "request-timeout", answer);
            assertTrue(answer.contains("\"outcome\":\"none\""), answer);
        }
        given().get("/kv/slow").then().statusCode(404);
    }

    /** Something comes now and then, so that the connection is never idle. */
    @Test
    void aBodyThatTricklesIs408() throws IOException {
        RawConnection connection = connect(request("PUT /kv/slow", "Content-Length: 1000000"));
        String answer = connection.toEnd(() -> connection.send("x"));
        assertProblem(408, "request-timeout", answer);
    }

    @Test
    void whoIsAnsweredAndDoesNotEndHisBodyIsHungUpOn() throws IOException {
        List<RawConnection> slow = new ArrayList<>();
        for (String call : List.of("GET /cluster", "GET /kv/none", "POST /nowhere")) {
            slow.add(connect(request(call, "Content-Length: 1000") + "x"));
        }
        for (RawConnection connection : slow) {
            assertTrue(connection.toEnd().startsWith("HTTP/1.1 "));
        }
    }

    @Test
    void whoEndsItMayGoOn() throws IOException {
        RawConnection connection = connect(request("POST /nowhere", "Content-Length: 200000"));
        connection.send("x".repeat(200_000));
        connection.send(request("GET /read?key=none", "Connection: close"));
        String answers = connection.toEnd();
        assertEquals(3, answers.split("HTTP/1.1 404", -1).length, answers);
    }

    @Test
    void bodiesThatBreakOffHoldNothing() throws IOException {
        String head = request("PUT /kv/broken", CHUNKED);
        for (int i = 0; i < 4; i++) {
            connect(head + "2000\r\n" + "x".repeat(0x2000) + "\r\n");
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> hosted.intake().pendingBytes() == 4 * 0x2000);
        open.get(0).send("no length\r\n");
        open.get(1).close();
        open.get(2).shutdownOutput();
        await().atMost(Duration.ofSeconds(2)).until(() -> hosted.intake().pendingBytes() == 0x2000);
        open.get(3).send("0\r\n\r\n");
        await().atMost(Duration.ofSeconds(2)).until(() -> hosted.intake().pendingBytes() == 0);
        given().get("/kv/broken").then().statusCode(200);
    }

    @Test
    void bodiesOnTheirWayAreBoundedTogether() throws IOException {
        List<RawConnection> slow = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            RawConnection connection = connect(request("PUT /kv/large", "Content-Length: 1000000"));
            connection.send("x".repeat(300_000));
            slow.add(connection);
        }
        int refused = 0;
        for (RawConnection connection : slow) {
            String answer = connection.toEnd();
            if (answer.startsWith("HTTP/1.1 503")) {
                refused++;
                assertProblem(503, "overloaded", answer);
                assertTrue(answer.toLowerCase(Locale.ROOT).contains("retry-after: 1"), answer);
            } else {
                assertProblem(408, "request-timeout", answer);
            }
        }
        assertTrue(refused >= 5, "1 MiB has room for 3 of 300,000 bytes at most, and " + refused + " were refused");
        assertTrue(refused < slow.size(), "who comes first has room");
    }

    /** A thread each is what they would cost; there are fewer threads than bodies here. */
    @Test
    void bodiesOnTheirWayHoldNoThread() throws IOException {
        for (int i = 0; i < 2 * THREADS; i++) {
            connect(request("PUT /kv/large", "Content-Length: 100000")).send("x".repeat(MORE_THAN_A_BUFFER));
        }
        await().atMost(Duration.ofSeconds(10))
                .until(() -> hosted.intake().pendingBytes() == 2L * THREADS * MORE_THAN_A_BUFFER);
        assertServed();
        assertEquals(2L * THREADS * MORE_THAN_A_BUFFER, hosted.intake().pendingBytes(), "meanwhile");
    }

    @Test
    void watchesThatWaitHoldNoThread() throws IOException {
        for (int i = 0; i < 2 * THREADS; i++) {
            connect(request("GET /watch?timeout=60s&from=" + ahead()));
        }
        assertServed();
    }

    /** The platform would take any number of them into memory. */
    @Test
    void whoAsksOnAndOnWithoutAnAnswerIsHungUpOn() throws IOException {
        RawConnection connection = connect(request("GET /watch?replica=0"));
        await().atMost(Duration.ofSeconds(10)).until(() -> hosted.watching() == 1);
        String answer = connection.toEnd(
                () -> connection.send(request("GET /read?key=none").repeat(20)));
        assertEquals(2, answer.split("HTTP/1.1 ", -1).length, answer);
    }

    @Test
    void requestsThatCameTogetherAreAnsweredInTheirOrder() throws IOException {
        String put = request("PUT /kv/together", "Content-Length: 20000") + "x".repeat(20_000);
        RawConnection connection =
                connect(put + request("GET /cluster").repeat(15) + request("GET /kv/together", "Connection: close"));
        String answers = connection.toEnd();
        assertEquals(17, answers.split("HTTP/1.1 20[01]", -1).length - 1, answers);
        assertTrue(answers.endsWith("x".repeat(20_000)));
    }

    /** The platform fails in the midst of cleaning up where the request that was not whole waits for an answer before it. */
    @Test
    void whoLeavesWithHalfARequestBehindAnUnansweredOneHoldsNothing() throws IOException {
        for (String first : List.of("GET /watch?replica=0", "GET /cluster/events", "GET /watch?from=" + ahead())) {
            connect(request(first) + request("PUT /kv/half", "Content-Length: 1000") + "half");
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> hosted.watching() == 1);
        open.forEach(RawConnection::close);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> OpenConnections.assertNoneWithoutAClient(server, registry));
    }

    @Test
    void moreWatchersThanMayAre429() throws IOException {
        for (int i = 0; i < 2; i++) {
            connect(request("GET /watch?replica=0"));
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> hosted.watching() == 2);
        given().get("/watch?replica=0")
                .then()
                .statusCode(429)
                .header("Retry-After", "10")
                .body("type", equalTo("urn:quorate:problem:too-many-watchers"));
        assertServed();
    }

    /** No replica gets there. */
    private Position ahead() {
        return new Position(hosted.asked().term(), 999_999_999);
    }

    @Test
    void noMoreWatchThanMayWhenManyAskAtOnce() throws IOException {
        for (int i = 0; i < 100; i++) {
            connect("");
        }
        open.forEach(connection -> connection.send(request("GET /watch?replica=0", "Connection: close")));
        int refused = 0;
        for (RawConnection connection : open) {
            String answer = connection.answerTo("\r\n\r\n");
            if (!answer.startsWith("HTTP/1.1 200")) {
                assertProblem(429, "too-many-watchers", answer);
                refused++;
            }
        }
        assertEquals(98, refused);
    }

    /** Nobody would hear of it (RFC 9112 §9.6). */
    @Test
    void whatFollowsARequestThatEndsTheConnectionIsNotDone() throws IOException {
        String behind = request("PUT /kv/behind", "Content-Length: 1") + "v";
        RawConnection connection = connect(request("GET /kv/behind?read=leader", "Connection: close") + behind);
        String answers = connection.toEnd();
        assertEquals(2, answers.split("HTTP/1.1 404", -1).length, answers);
        given().body("v").put("/kv/after").then().statusCode(oneOf(200, 201));
        given().get("/kv/behind").then().statusCode(404);
    }

    @Test
    void whoWatchesAndDoesNotReadIsHungUpOn() throws IOException {
        String value = "\1".repeat(200_000); // six bytes each as JSON: more than a socket takes
        for (int i = 0; i < 8; i++) {
            given().body(value).put("/kv/large-watch").then().statusCode(oneOf(200, 201));
        }
        RawConnection.thatTakesLittle(server, open).send(request("GET /watch?replica=0&prefix=large-watch&from=0.0"));
        await().atMost(Duration.ofSeconds(10)).until(() -> hosted.watching() == 1);
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.watching() == 0);
    }

    /** Each is copied for its reader: who does not read has it held. */
    @Test
    void largeAnswersThatNobodyReadsAreBounded() throws IOException {
        String value = "\1".repeat(200_000); // six bytes each as JSON: more than a socket takes
        String path = "/kv?values=true&prefix=large-answer&read=local";
        for (int i = 0; i < 4; i++) {
            given().body(value).put("/kv/large-answer/" + i).then().statusCode(oneOf(200, 201));
        }
        await().atMost(Duration.ofSeconds(10))
                .until(() -> given().get(path).body().asByteArray().length > 4 * 6 * 200_000);
        await().atMost(Duration.ofSeconds(10)).until(() -> hosted.answers().pendingBytes() == 0);
        for (int i = 0; i < 10; i++) {
            RawConnection.thatTakesLittle(server, open).send(request("GET " + path));
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> hosted.answers().pendingBytes() > 0);
        given().get(path).then().statusCode(503).body("type", equalTo("urn:quorate:problem:overloaded"));
        given().get("/read?key=large-answer/0").then().statusCode(503);
        given().get("/kv/large-answer/0").then().statusCode(200);
        assertServed();
        await().atMost(Duration.ofSeconds(20)).until(() -> given().get(path).statusCode() == 200);
    }

    /** They would be held one behind the other. */
    @Test
    void answersThatAreNotReadHoldTheNextRequestBack() throws IOException {
        given().body("x".repeat(1 << 20)).put("/kv/large").then().statusCode(oneOf(200, 201));
        String put = request("PUT /kv/behind-large", "Content-Length: 1", "Connection: close") + "v";
        RawConnection connection = connect(request("GET /kv/large").repeat(20) + put);
        for (int i = 0; i < 50; i++) {
            given().body("v").put("/kv/elsewhere").then().statusCode(oneOf(200, 201));
        }
        given().get("/kv/behind-large").then().statusCode(404);
        assertEquals(22, connection.toEnd().split("HTTP/1.1 20[01]", -1).length);
        given().get("/kv/behind-large").then().statusCode(200);
    }

    private static void assertServed() {
        for (String path :
                List.of("/q/health/ready", "/q/health/live", "/cluster", "/q/metrics", "/cluster/rollbacks")) {
            given().get(path).then().statusCode(200);
        }
    }

    private static void assertProblem(int status, String type, String answer) {
        assertTrue(answer.startsWith("HTTP/1.1 " + status), answer);
        assertTrue(answer.contains("\"type\":\"urn:quorate:problem:" + type + "\""), answer);
    }

    private static String request(String call, String... headers) {
        StringBuilder request = new StringBuilder(call + " HTTP/1.1\r\nHost: x\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        return request.append("\r\n").toString();
    }

    private RawConnection connect(String request) throws IOException {
        RawConnection connection = RawConnection.to(server);
        open.add(connection);
        connection.send(request);
        return connection;
    }
}
