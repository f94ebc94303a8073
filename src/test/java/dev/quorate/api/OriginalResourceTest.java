package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.config.EncoderConfig;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every call of the original, as it is documented, on three real replicas in one process. */
@QuarkusTest
class OriginalResourceTest {
    private static final AtomicInteger KEYS = new AtomicInteger();

    private String key = "";

    @BeforeEach
    void aLeaderAndANewKey() {
        key = "test:" + KEYS.incrementAndGet();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> given().get("/q/health/ready").statusCode() == 200);
    }

    // ---- the rows of BEHAVIOUR.md ----------------------------------------------------------------------------------

    @Test
    void writeAnswers204AndReadShowsTheRecord() {
        write("/write", Map.of("key", key, "value", "Jessica"))
                .statusCode(204)
                .header("ETag", matchesPattern("\"\\d+\\.\\d+\""))
                .header("Quorate-Role", "leader")
                .header("Quorate-Replica", "0")
                .header("Quorate-Position", matchesPattern("\\d+\\.\\d+"));
        read("/read", key)
                .statusCode(200)
                .contentType(ContentType.JSON)
                .header("Last-Modified", matchesPattern("\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT"))
                .header("Quorate-Role", "leader")
                .body("key", equalTo(key))
                .body("value", equalTo("Jessica"))
                .body("version", matchesPattern("\\d+\\.\\d+"))
                .body("timestamp", matchesPattern("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z"));
    }

    @Test
    void theVersionOfAWriteIsThatOfItsRecord() {
        String etag = write("/write", Map.of("key", key, "value", "1"))
                .statusCode(204)
                .extract()
                .header("ETag");
        read("/read", key).header("ETag", etag).body("version", equalTo(etag.replace("\"", "")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/read", "/read-with-repair", "/follower-read"})
    void whatIsNotThereIs404(String path) {
        problem(request("no-such").queryParam("replica", "1"), path, 404)
                .body("type", equalTo("urn:quorate:problem:no-such-key"))
                .body("detail", containsString("no-such"))
                .header("Quorate-Position", matchesPattern("\\d+\\.\\d+"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aFollowerHasTheRecordSoon(int replica) {
        write("/write", Map.of("key", key, "value", "Jessica")).statusCode(204);
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> given().queryParam("key", key)
                        .queryParam("replica", replica)
                        .get("/follower-read")
                        .then()
                        .statusCode(200)
                        .header("Quorate-Role", "follower")
                        .header("Quorate-Replica", String.valueOf(replica))
                        .body("value", equalTo("Jessica")));
    }

    @Test
    void readWithRepairTakesBothVerbs() {
        write("/write", Map.of("key", key, "value", "Jessica")).statusCode(204);
        read("/read-with-repair", key).statusCode(200).body("value", equalTo("Jessica"));
        request(key).post("/read-with-repair").then().statusCode(200).body("value", equalTo("Jessica"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "2", "3", "\"majority\"", "\"all\"", ""})
    void everyConcernIsAcknowledged(String concern) {
        String w = concern.isEmpty() ? "" : ",\"w\":" + concern;
        write("/write-with-quorum", "{\"key\":\"" + key + "\",\"value\":\"v\"" + w + "}")
                .statusCode(204)
                .header("ETag", matchesPattern("\"\\d+\\.\\d+\""));
    }

    /** One millisecond is too short for a disk and another replica, almost always. */
    @Test
    void aWriteThatCamePassedOnEndsWhenItsTimeDoes() {
        await().until(() -> given().header("Quorate-Forwarded", "1")
                        .header("Quorate-Time-Left", "1")
                        .contentType(ContentType.JSON)
                        .body("{\"key\":\"" + key + "\",\"value\":\"v\",\"w\":3}")
                        .post("/write-with-quorum")
                        .statusCode()
                == 504);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aWriteToAllIsSeenByEveryQuorumRead(int r) {
        write("/write-with-quorum", Map.of("key", key, "value", "v", "w", "all"));
        given().queryParam("key", key)
                .queryParam("r", r)
                .get("/read")
                .then()
                .statusCode(200)
                .body("value", equalTo("v"));
    }

    @Test
    void keysAndValuesComeBackAsTheyWere() {
        long seed = 20261127;
        Random random = new Random(seed);
        for (int i = 0; i < 50; i++) {
            String odd = key + " /%41+&=?#\"\\" + Character.toString(0x1f300 + random.nextInt(200)) + "\u00e4\t";
            String value = "\"\\\u0000\u001f\u2028 " + random.nextInt();
            write("/write", Map.of("key", odd, "value", value)).statusCode(204);
            read("/read", odd).statusCode(200).body("key", equalTo(odd)).body("value", equalTo(value));
        }
    }

    // ---- bad input -------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "/write             | body  | nonsense",
                "/write             | key   | {\"value\":\"v\"}",
                "/write             | value | {\"key\":\"k\"}",
                "/write             | value | {\"key\":\"k\",\"value\":7}",
                "/write             | key   | {\"key\":\"\",\"value\":\"v\"}",
                "/write             | key   | {\"key\":\"a\\u0000b\",\"value\":\"v\"}",
                "/write             | key   | {\"key\":\"\\ud83c\",\"value\":\"v\"}",
                "/write             | key   | {\"key\":\"k\",\"key\":\"k\",\"value\":\"v\"}",
                "/write-with-quorum | body  | {\"key\":\"k\",\"value\":\"v\"} {}",
                "/write-with-quorum | w     | {\"key\":\"k\",\"value\":\"v\",\"w\":0}",
                "/write-with-quorum | w     | {\"key\":\"k\",\"value\":\"v\",\"w\":4}",
                "/write-with-quorum | w     | {\"key\":\"k\",\"value\":\"v\",\"w\":\"some\"}",
            })
    void aBodyThatIsNoWriteIs400AndTheMemberIsNamed(String path, String member, String body) {
        problem(given().contentType(ContentType.JSON).body(body), path, 400, "POST")
                .body("member", equalTo(member))
                .body("detail", containsString(member));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/write", "/write-with-quorum"})
    void noBodyIs400(String path) {
        problem(given().contentType(ContentType.JSON), path, 400, "POST").body("member", equalTo("body"));
        problem(given().contentType(ContentType.JSON).body(new byte[0]), path, 400, "POST");
    }

    @Test
    void aKeyAtTheLimitIsTakenAndOneAboveIsNot() {
        String longest = "\u00e4".repeat(512);
        write("/write", Map.of("key", longest, "value", "v")).statusCode(204);
        read("/read", longest).statusCode(200);
        problem(
                        given().contentType(ContentType.JSON).body(Map.of("key", longest + "a", "value", "v")),
                        "/write",
                        400,
                        "POST")
                .body("member", equalTo("key"));
        problem(request(longest + "a"), "/read", 400).body("member", equalTo("key"));
    }

    @Test
    void aValueAtTheLimitIsTakenAndOneAboveIs413() {
        String largest = "x".repeat(1 << 20);
        write("/write", Map.of("key", key, "value", largest)).statusCode(204);
        read("/read", key).body("value", equalTo(largest));
        problem(
                        given().contentType(ContentType.JSON).body(Map.of("key", key, "value", largest + "x")),
                        "/write",
                        413,
                        "POST")
                .body("limitBytes", equalTo(1 << 20));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/read                                    | key",
                "/read?key=                               | key",
                "/read?key=%00                            | key",
                "/read?key=%FF                            | key",
                "/read?key=%ED%A0%80                      | key",
                "/read?key=a&key=a                        | key",
                "/read?key=a&r=0                          | r",
                "/read?key=a&r=4                          | r",
                "/read?key=a&r=x                          | r",
                "/read?key=a&r=                           | r",
                "/read?key=a&r=1&r=1                      | r",
                "/read-with-repair                        | key",
                "/read-with-repair?key=a&key=b            | key",
                "/follower-read?replica=1                 | key",
                "/follower-read?key=a                     | replica",
                "/follower-read?key=a&replica=            | replica",
                "/follower-read?key=a&replica=one         | replica",
                "/follower-read?key=a&replica=3           | replica",
                "/follower-read?key=a&replica=-1          | replica",
                "/follower-read?key=a&replica=0           | replica",
                "/follower-read?key=a&replica=1&replica=2 | replica",
            })
    void aQueryThatIsWrongIs400AndTheParameterIsNamed(String path, String parameter) {
        problem(given().urlEncodingEnabled(false), path, 400).body("member", equalTo(parameter));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "3", "x", "99999999999"})
    void whoIsNoFollowerIsToldWhoIs(String replica) {
        problem(request("a").queryParam("replica", replica), "/follower-read", 400)
                .body("followers", equalTo(List.of(1, 2)))
                .body("leader", equalTo(0))
                .body("detail", containsString("[1, 2]"));
    }

    // ---- what the platform refuses ---------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/json;charset=iso-8859-1"})
    void anotherContentTypeIs415(String type) {
        EncoderConfig asItIs = EncoderConfig.encoderConfig()
                .appendDefaultContentCharsetToContentTypeIfUndefined(false)
                .encodeContentTypeAs("application/x-www-form-urlencoded", ContentType.TEXT);
        problem(
                given().config(RestAssured.config().encoderConfig(asItIs))
                        .contentType(type)
                        .body("{\"key\":\"k\",\"value\":\"v\"}"),
                "/write",
                415,
                "POST");
    }

    @ParameterizedTest
    @CsvSource({"GET,/write", "PUT,/write", "DELETE,/read", "POST,/read", "POST,/follower-read", "POST,/cluster"})
    void anotherVerbIs405(String verb, String path) {
        problem(given().contentType(ContentType.JSON), path, 405, verb);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/read?key=a", "/cluster"})
    void anotherAcceptIs406(String path) {
        problem(given().accept("text/csv"), path, 406);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/reed", "/cluster/nothing", "/q/nothing"})
    void anotherPathIs404(String path) {
        problem(given(), path, 404).body("type", equalTo("urn:quorate:problem:no-such-path"));
    }

    // ---- the set ---------------------------------------------------------------------------------------------------

    @Test
    void clusterHasTheShapeOfItsDocumentation() {
        given().get("/cluster")
                .then()
                .statusCode(200)
                .contentType(ContentType.JSON)
                .body("replicaSet", equalTo("quorate"))
                .body("setId", matchesPattern("[0-9a-f]{16}"))
                .body("self", equalTo(0))
                .body("leader", equalTo(0))
                .body("sync", equalTo("always"))
                .body("failureDomains", equalTo(1))
                .body("replicas", hasSize(3))
                .body("replicas.id", equalTo(List.of(0, 1, 2)))
                .body("replicas[0].role", equalTo("leader"))
                .body("replicas.role", hasItem("follower"))
                .body("replicas[1].url", containsString("http"))
                .body("replicas[1].keySet().size()", equalTo(12));
    }

    private static ValidatableResponse write(String path, Object body) {
        return given().contentType(ContentType.JSON).body(body).post(path).then();
    }

    private static ValidatableResponse read(String path, String key) {
        return request(key).get(path).then();
    }

    private static RequestSpecification request(String key) {
        return given().queryParam("key", key);
    }

    private static ValidatableResponse problem(RequestSpecification request, String path, int status) {
        return problem(request, path, status, "GET");
    }

    /** A refusal is a problem document, and tells nothing of what is inside. */
    private static ValidatableResponse problem(RequestSpecification request, String path, int status, String verb) {
        return request.request(verb, path)
                .then()
                .statusCode(status)
                .contentType("application/problem+json")
                .body("status", equalTo(status))
                .body("type", containsString("urn:quorate:problem:"))
                .body("title", not(equalTo("")))
                .body(not(containsString("dev.quorate")))
                .body(not(containsString("Exception")))
                .body(not(containsString("\tat ")))
                .body(not(containsString("/work/")));
    }
}
