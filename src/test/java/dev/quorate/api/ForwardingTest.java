package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.WriteConcern;
import dev.quorate.replica.Precondition;
import dev.quorate.replica.WriteOperation;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One process of three, whose others are not as they should be: what it passes on, and what it says when it cannot. */
@QuarkusTest
@TestProfile(ForwardingTest.OneOfThree.class)
class ForwardingTest {
    /** Another start of the application, with {@link LoneMember}. */
    public static final class OneOfThree implements QuarkusTestProfile {
        @Override
        public List<TestResourceEntry> testResources() {
            return List.of(new TestResourceEntry(LoneMember.class));
        }
    }

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Inject
    Forwarder forwarder;

    @BeforeEach
    void forgetWhatWasAsked() {
        LoneMember.ASKED.clear();
        LoneMember.HEADERS.clear();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a b+c", "%41", "ä/🌀", "{key}", "a&replica=0", "a%2Fb;m=1#f"})
    void aReadOfAnotherProcessArrivesThereAsItCame(String key) {
        given().queryParam("key", key)
                .queryParam("replica", 2)
                .get("/follower-read")
                .then()
                .statusCode(404)
                .contentType("application/problem+json")
                .header("Quorate-Replica", "2")
                .header("ETag", "\"1.2\"")
                .header("X-Private", nullValue())
                .body("status", equalTo(404));
        assertEquals(1, LoneMember.ASKED.size());
        String asked = LoneMember.ASKED.get(0);
        String query = asked.substring(asked.indexOf('?') + 1, asked.indexOf(' ', asked.indexOf('?')));
        assertTrue(asked.startsWith("GET /follower-read?"), asked);
        assertTrue(asked.endsWith(" 1 "), asked);
        assertEquals(key, Query.of(query).required("key"));
        assertEquals("2", Query.of(query).required("replica"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a b+c", "%41", "ä/🌀", "a//b/", "a%2Fb;m=1?x=#f"})
    void aValueOfAnotherProcessIsAskedForAsItWasHere(String key) {
        given().pathParam("key", key)
                .header("Quorate-Position", "1.7")
                .get("/kv/{key}?read=local&replica=2&timeout=3s")
                .then()
                .statusCode(404)
                .header("Quorate-Replica", "2")
                .header("ETag", "\"1.2\"");
        assertEquals(1, LoneMember.ASKED.size());
        String asked = LoneMember.ASKED.get(0);
        assertEquals(key, keyOf(asked, "GET /kv/"));
        assertTrue(asked.endsWith("?read=local&replica=2&timeout=3000ms 1 "), asked);
        assertEquals(List.of("1.7"), LoneMember.HEADERS.get(0).get("Quorate-position"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b+c", "%41", "ä/🌀", "{key}", "a&limit=7", "a%2Fb;m=1?x=#f"})
    void aPageOfAnotherProcessIsAskedForAsItWasHere(String text) {
        given().queryParam("prefix", text)
                .queryParam("after", text + "z")
                .header("Quorate-Position", "1.7")
                .get("/kv?read=local&replica=2&timeout=3s&limit=5&values=false")
                .then()
                .statusCode(404)
                .header("Quorate-Replica", "2");
        assertEquals(1, LoneMember.ASKED.size());
        String asked = LoneMember.ASKED.get(0);
        assertTrue(asked.startsWith("GET /kv?"), asked);
        Query query = Query.of(asked.substring(asked.indexOf('?') + 1, asked.length() - " 1 ".length()));
        assertEquals(text, query.required("prefix"));
        assertEquals(text + "z", query.required("after"));
        assertEquals("5", query.required("limit"));
        assertEquals("false", query.required("values"));
        assertEquals("local", query.required("read"));
        assertEquals("2", query.required("replica"));
        assertEquals("3000ms", query.required("timeout"));
        assertEquals(List.of("1.7"), LoneMember.HEADERS.get(0).get("Quorate-position"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a b+c", "%41", "ä/🌀", "{key}", "a//b/", "a%2Fb;m=1?x=#f"})
    void aValueIsPassedOnWithItsType(String key) {
        KvWrite write = write(WriteOperation.put(key, bytes("{no json"), "application/json"));
        assertEquals(404, await(forwarder.one(2, write, null)).getStatus());
        String asked = LoneMember.ASKED.get(0);
        assertEquals(key, keyOf(asked, "PUT /kv/"));
        assertTrue(asked.endsWith("?w=all&timeout=1000ms&ttl=5m 1 {no json"), asked);
        assertEquals(List.of("application/json"), LoneMember.HEADERS.get(0).get("Content-type"));
        assertConditionsArePassedOn();
    }

    /** Else a repeat through another replica would be another request, and be refused. */
    @Test
    void thatAValueHasNoTypeIsPassedOn() {
        await(forwarder.one(2, write(WriteOperation.put("a", bytes("v"), null)), null));
        assertEquals(List.of("true"), LoneMember.HEADERS.get(0).get("Quorate-untyped"));
        await(forwarder.one(2, write(WriteOperation.put("a", bytes("v"), "*/*")), null));
        assertNull(LoneMember.HEADERS.get(1).get("Quorate-untyped"));
        assertEquals(List.of("*/*"), LoneMember.HEADERS.get(1).get("Content-type"));
    }

    @Test
    void aDeleteIsPassedOnWithItsConditions() {
        KvWrite write = write(WriteOperation.delete("a/b", Precondition.NONE));
        assertEquals(404, await(forwarder.one(2, write, null)).getStatus());
        String asked = LoneMember.ASKED.get(0);
        assertEquals("a/b", keyOf(asked, "DELETE /kv/"));
        assertTrue(asked.endsWith("?w=all&timeout=1000ms 1 "), asked);
        assertConditionsArePassedOn();
    }

    @Test
    void aBatchIsPassedOnAsItCame() {
        KvBatch batch = new KvBatch(List.of(), terms(), bytes("{ \"operations\": []}"));
        assertEquals(404, await(forwarder.batch(2, batch, null)).getStatus());
        assertEquals(List.of("POST /kv/_batch?w=all&timeout=1000ms 1 { \"operations\": []}"), LoneMember.ASKED);
        assertEquals(List.of("retry-1"), LoneMember.HEADERS.get(0).get("Idempotency-key"));
    }

    private static KvWrite write(WriteOperation operation) {
        return new KvWrite(operation, terms(), "5m", "\"1.2\", W/\"1.3\"", "*");
    }

    private static WriteTerms terms() {
        return new WriteTerms(WriteConcern.ALL, "all", Duration.ofSeconds(1), "retry-1");
    }

    private static void assertConditionsArePassedOn() {
        Map<String, List<String>> headers = LoneMember.HEADERS.get(0);
        assertEquals(List.of("\"1.2\", W/\"1.3\""), headers.get("If-match"));
        assertEquals(List.of("*"), headers.get("If-none-match"));
        assertEquals(List.of("retry-1"), headers.get("Idempotency-key"));
    }

    private static String keyOf(String asked, String call) {
        assertTrue(asked.startsWith(call), asked);
        return Query.decode("key", asked.substring(call.length(), asked.indexOf('?')), false);
    }

    @Test
    void whatAnotherProcessHostsIsAskedOfThatProcess() {
        for (String path : new String[] {"/cluster/events", "/cluster/rollbacks"}) {
            given().get(path + "?replica=2")
                    .then()
                    .statusCode(404)
                    .contentType("application/problem+json")
                    .body("type", equalTo("urn:quorate:problem:not-hosted-here"))
                    .body("url", startsWith("http://localhost:"));
        }
        given().get("/cluster/rollbacks?replica=1").then().statusCode(200);
    }

    @Test
    void whatWasPassedOnIsNotPassedOnAgain() {
        unavailable(given().header("Quorate-Forwarded", "0")
                .get("/follower-read?key=a&replica=2")
                .then());
        assertTrue(LoneMember.ASKED.isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/follower-read?key=a&replica=0", "/follower-read?key=hang-up&replica=2"})
    void aReadThatNobodyAnswersIs503(String path) {
        unavailable(given().get(path).then());
    }

    @Test
    void aWriteArrivesThereAsItCameAndItsAnswerHere() {
        Response answer = await(forwarder.write("write", 2, bytes("{\"any\": 1 }"), Duration.ofMillis(750), null));
        assertEquals(List.of("750"), LoneMember.HEADERS.get(0).get("Quorate-time-left"));
        assertEquals(204, answer.getStatus());
        assertEquals("\"1.2\"", answer.getHeaderString("ETag"));
        assertEquals(List.of("POST /write 1 {\"any\": 1 }"), LoneMember.ASKED);
    }

    @Test
    void aWriteWhoseAnswerIsCutOffHasAnUnknownOutcomeAndIsSentOnce() {
        Response answer = await(forwarder.write("write-with-quorum", 2, bytes("{}"), SECOND, null));
        assertOutcome("unknown", answer);
        assertEquals(1, LoneMember.ASKED.size());
    }

    /** A platform that is short of threads, or a proxy, may say so after the write was done. */
    @Test
    void aWriteThatAFailureWithoutADocumentAnswersHasAnUnknownOutcome() {
        assertOutcome("unknown", await(forwarder.write("empty-503", 2, bytes("{}"), SECOND, null)));
    }

    /** Only shorter: who waits decides for how long, and nobody else for longer. */
    @Test
    void theTimeLeftIsThatOfTheHeaderButNotLongerThanOnesOwn() {
        assertEquals(Duration.ofMillis(750), Forwarder.timeLeft("750", SECOND));
        assertEquals(Duration.ofMillis(1), Forwarder.timeLeft("0", SECOND));
        for (String header : new String[] {"1001", "999999999999", "-1", "1s", ""}) {
            assertEquals(SECOND, Forwarder.timeLeft(header, SECOND), header);
        }
        assertEquals(SECOND, Forwarder.timeLeft(null, SECOND));
    }

    @Test
    void aWriteThatWasNeverSentHasNone() {
        assertOutcome("none", await(forwarder.write("write", 0, bytes("{}"), SECOND, null)));
        assertThrows(Problem.class, () -> await(forwarder.write("write", 2, bytes("{}"), SECOND, "0")));
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/kv/a",
        "GET,/kv/a?read=leader",
        "PUT,/kv/a",
        "GET,/read?key=a",
        "GET,/read-with-repair?key=a",
        "POST,/read-with-repair?key=a"
    })
    void withoutALeaderCallsAre503(String verb, String path) {
        unavailable(given().request(verb, path).then());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/write", "/write-with-quorum"})
    void withoutALeaderWritesAre503AndWrongOnesStill400(String path) {
        unavailable(given().contentType(ContentType.JSON)
                .body("{\"key\":\"k\",\"value\":\"v\"}")
                .post(path)
                .then());
        given().contentType(ContentType.JSON).body("{}").post(path).then().statusCode(400);
    }

    @Test
    void clusterSaysThatThereIsNoLeader() {
        given().get("/cluster")
                .then()
                .statusCode(200)
                .body("leader", nullValue())
                .body("self", equalTo(1))
                .body("setId", equalTo(""))
                .body("failureDomains", equalTo(3));
    }

    private static void unavailable(ValidatableResponse answer) {
        answer.statusCode(503)
                .contentType("application/problem+json")
                .header("Retry-After", "1")
                .body("outcome", equalTo("none"))
                .body("detail", containsString("replica"));
    }

    private static void assertOutcome(String outcome, Response answer) {
        assertEquals(503, answer.getStatus());
        assertEquals("1", answer.getHeaderString("Retry-After"));
        String document = new String((byte[]) answer.getEntity(), StandardCharsets.UTF_8);
        assertTrue(document.contains("\"outcome\":\"" + outcome + "\""), document);
        assertNull(answer.getHeaderString("ETag"));
    }

    private static Response await(Uni<Response> answer) {
        return answer.await().atMost(Duration.ofSeconds(10));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
