package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.quorate.replica.HostedReplicas;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Conditional writes, deletes, batches, repeats and expiry, on three real replicas in one process. */
@QuarkusTest
class KvWritesTest {
    private static final AtomicInteger KEYS = new AtomicInteger();

    @Inject
    HostedReplicas hosted;

    private String key = "";

    @BeforeEach
    void aLeaderAndANewKey() {
        key = "kw:" + KEYS.incrementAndGet();
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.awaiting().isEmpty());
    }

    // ---- receipts --------------------------------------------------------------------------------------------------

    @Test
    void aKeyIsMadeOnceAndReplacedThenAndTheReceiptSaysWhatThatIsWorth() {
        put("v", "?w=all").statusCode(201).body("survivesReplicasLost", equalTo(2));
        put("v", "?w=all")
                .statusCode(200)
                .body("key", equalTo(key))
                .body("survives", containsString("any failover, and any 2 replicas lost for good"))
                .body("survives", containsString("share a machine"))
                .body("failureDomains", equalTo(1));
    }

    @Test
    void aDeleteRemovesAndSoItDoesWhereThereIsNothing() {
        put("v", "");
        given().delete("/kv/" + key).then().statusCode(200).body("required", equalTo(2));
        given().get("/kv/" + key).then().statusCode(404);
        given().delete("/kv/" + key + "?w=3").then().statusCode(200).body("required", equalTo(3));
        put("v", "").statusCode(201);
    }

    // ---- conditions ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // If-Match | If-None-Match | status where there is none | status where there is one of version V
                "*|-|412|200",
                "-|*|201|412",
                "'\"V\"'|-|412|200",
                "'\"9.9\", \"V\"'|-|412|200",
                "'\"9.9\"'|-|412|412",
                "'W/\"V\"'|-|412|412",
                "'\"other\"'|-|412|412",
                "-|'\"V\"'|201|412",
                "-|'W/\"V\"'|201|412",
                "-|'\"9.9\"'|201|200",
                "'\"V\"'|'\"V\"'|412|412",
                "*|'\"9.9\"'|412|200",
            })
    void conditionsAreJudgedAsTheStandardSays(String match, String noneMatch, int absent, int present) {
        assertEquals(absent, conditional(match, noneMatch, "1.1").extract().statusCode(), "absent");
        given().delete("/kv/" + key);
        String version = put("v", "").extract().path("version");
        ValidatableResponse answer = conditional(match, noneMatch, version).statusCode(present);
        if (present == 412) {
            answer.contentType("application/problem+json")
                    .body("type", equalTo("urn:quorate:problem:precondition-failed"))
                    .body("version", equalTo(version))
                    .body("outcome", equalTo("none"));
            given().get("/kv/" + key).then().header("ETag", "\"" + version + "\"");
        }
    }

    private ValidatableResponse conditional(String match, String noneMatch, String version) {
        RequestSpecification request = given();
        if (!match.equals("-")) {
            request.header("If-Match", match.replace("V", version));
        }
        if (!noneMatch.equals("-")) {
            request.header("If-None-Match", noneMatch.replace("V", version));
        }
        return request.body("changed").put("/kv/" + key).then();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "majority", "all"})
    void aDeleteHasConditionsTooAtEveryConcern(String w) {
        String version = put("v", "").extract().path("version");
        given().header("If-Match", "\"9.9\"")
                .delete("/kv/" + key + "?w=" + w)
                .then()
                .statusCode(412)
                .body("version", equalTo(version));
        given().header("If-Match", "\"" + version + "\"")
                .delete("/kv/" + key + "?w=" + w)
                .then()
                .statusCode(200);
        given().header("If-Match", "*")
                .delete("/kv/" + key)
                .then()
                .statusCode(412)
                .body("version", nullValue());
    }

    // ---- repeats ---------------------------------------------------------------------------------------------------

    @Test
    void aRepeatAnswersWhatTheFirstDidAndWritesNothing() {
        String version = repeatable("r1", "v", "").statusCode(201).extract().path("version");
        put("newer", "").statusCode(200);
        repeatable("r1", "v", "?w=all&timeout=5s")
                .statusCode(201)
                .header("Idempotency-Replayed", "true")
                .body("version", equalTo(version))
                .body("required", equalTo(3))
                .body("acknowledgedBy.size()", equalTo(3));
        given().get("/kv/" + key).then().body(equalTo("newer"));
    }

    @Test
    void anotherRequestUnderTheSameKeyIs422() {
        String version = repeatable("r2", "v", "").extract().path("version");
        repeatable("r2", "other", "")
                .statusCode(422)
                .body("type", equalTo("urn:quorate:problem:idempotency-key-reused"))
                .body("version", equalTo(version));
        repeatable("r2", "v", "?ttl=5m").statusCode(422);
        given().header("Idempotency-Key", key + "r2")
                .delete("/kv/" + key)
                .then()
                .statusCode(422);
        given().get("/kv/" + key).then().body(equalTo("v"));
    }

    @Test
    void aRepeatIsLookedUpBeforeItsConditionAndARefusalIsNotRemembered() {
        RequestSpecification create = given().header("Idempotency-Key", key).header("If-None-Match", "*");
        create.body("v").put("/kv/" + key).then().statusCode(201);
        given().header("Idempotency-Key", key)
                .header("If-None-Match", "*")
                .body("v")
                .put("/kv/" + key)
                .then()
                .statusCode(201)
                .header("Idempotency-Replayed", "true");
        for (int status : new int[] {412, 201}) {
            given().header("Idempotency-Key", key + "b")
                    .header("If-None-Match", "*")
                    .body("v")
                    .put("/kv/" + key)
                    .then()
                    .statusCode(status)
                    .header("Idempotency-Replayed", nullValue());
            given().delete("/kv/" + key);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "\u00e4"})
    void anIdempotencyKeyThatIsNoneIs400(String text) {
        given().header("Idempotency-Key", text)
                .body("v")
                .put("/kv/" + key)
                .then()
                .statusCode(400);
        given().header("Idempotency-Key", "x".repeat(129))
                .body("v")
                .put("/kv/" + key)
                .then()
                .statusCode(400);
        given().header("Idempotency-Key", key + "x".repeat(128 - key.length()))
                .body("v")
                .put("/kv/" + key)
                .then()
                .statusCode(201);
    }

    private ValidatableResponse repeatable(String suffix, String value, String query) {
        return given().header("Idempotency-Key", key + suffix)
                .body(value)
                .put("/kv/" + key + query)
                .then();
    }

    // ---- batches ---------------------------------------------------------------------------------------------------

    @Test
    void aBatchIsDoneInOneEntry() {
        put("old", "");
        String version = batch("""
                {"operations": [
                  {"put": "%1$s/a", "value": "text", "contentType": "text/plain"},
                  {"put": "%1$s/b", "valueBase64": "AAH/", "ifNoneMatch": "*"},
                  {"delete": "%1$s", "ifMatch": "*"}]}""")
                .statusCode(200)
                .body("required", equalTo(2))
                .extract()
                .path("version");
        given().get("/kv/" + key + "/a")
                .then()
                .contentType("text/plain")
                .header("ETag", "\"" + version + "\"")
                .body(equalTo("text"));
        byte[] bytes = given().get("/kv/" + key + "/b").asByteArray();
        assertEquals("[0, 1, -1]", java.util.Arrays.toString(bytes));
        given().get("/kv/" + key).then().statusCode(404);
    }

    @Test
    void whereOneConditionDoesNotHoldNothingOfABatchIsDone() {
        String version = put("old", "").extract().path("version");
        batch("""
                {"operations": [
                  {"put": "%1$s/a", "value": "x"},
                  {"put": "%1$s", "value": "x", "ifNoneMatch": "*"},
                  {"delete": "%1$s/c", "ifMatch": "3.42"}]}""")
                .statusCode(412)
                .body("failed.index", equalTo(java.util.List.of(1, 2)))
                .body("failed[0].key", equalTo(key))
                .body("failed[0].version", equalTo(version))
                .body("failed[1].version", nullValue());
        given().get("/kv/" + key + "/a").then().statusCode(404);
        given().get("/kv/" + key).then().body(equalTo("old"));
    }

    @Test
    void aBatchIsRepeatedSafely() {
        String body = "{\"operations\": [{\"put\": \"%1$s\", \"value\": \"v\"}]}".formatted(key);
        String version = "";
        for (int i = 0; i < 2; i++) {
            ValidatableResponse answer = given().header("Idempotency-Key", key)
                    .contentType(ContentType.JSON)
                    .body(body)
                    .post("/kv/_batch")
                    .then()
                    .statusCode(200)
                    .header("Idempotency-Replayed", i == 0 ? nullValue() : equalTo("true"));
            version += answer.extract().path("version") + " ";
        }
        assertEquals(version.split(" ", -1)[0], version.split(" ", -1)[1]);
        repeatableOfOneKeyIsAnotherRequest();
    }

    private void repeatableOfOneKeyIsAnotherRequest() {
        repeatable("", "v", "").statusCode(422);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "|body",
                "[]|body",
                "{\"operations\": []}|operations",
                "{\"operations\": [1]}|operations[0]",
                "{\"operations\": [{\"put\": \"a\"}]}|operations[0]",
                "{\"operations\": [{\"put\": \"a\", \"value\": \"x\", \"valueBase64\": \"\"}]}|operations[0]",
                "{\"operations\": [{\"put\": \"a\", \"valueBase64\": \"%\"}]}|operations[0].valueBase64",
                "{\"operations\": [{\"put\": \"\", \"value\": \"x\"}]}|operations[0].put",
                "{\"operations\": [{\"delete\": \"a\"}, {\"delete\": \"a\"}]}|operations[1].delete",
                "{\"operations\": [{\"delete\": \"a\", \"ifmatch\": \"1.1\"}]}|operations[0]",
                "{\"operations\": [{\"delete\": \"a\", \"ifMatch\": \"x\"}]}|operations[0].ifMatch",
                "{\"operations\": [{\"put\": \"a\", \"value\": \"x\", \"ttl\": \"0s\"}]}|operations[0].ttl",
                "{\"operations\": [{\"put\": \"a\", \"value\": \"x\", \"contentType\": \"a/b\\r\\nc\"}]}|operations[0].contentType",
                "{\"operations\": [{\"put\": \"a\", \"value\": \"x\", \"contentType\": \"text\"}]}|operations[0].contentType",
            })
    void aBatchThatIsWrongIs400AndTheMemberIsNamed(String body, String member) {
        given().contentType(ContentType.JSON)
                .body(body == null ? "" : body)
                .post("/kv/_batch")
                .then()
                .statusCode(400)
                .body("member", equalTo(member));
    }

    @Test
    void whatIsTooMuchForABatchIs413() {
        String most = IntStream.range(0, 1000)
                .mapToObj(i -> "{\"delete\": \"" + key + i + "\"}")
                .collect(Collectors.joining(","));
        batchOf(most).statusCode(200);
        batchOf(most + ",{\"delete\": \"x\"}")
                .statusCode(413)
                .body("limit", equalTo(1000))
                .body("count", equalTo(1001));
        batchOf("{\"put\": \"a\", \"value\": \"" + "x".repeat((1 << 20) + 1) + "\"}")
                .statusCode(413);
        String large = "x".repeat(1 << 20);
        batchOf(IntStream.range(0, 4)
                        .mapToObj(i -> "{\"put\": \"" + i + "\", \"value\": \"" + large + "\"}")
                        .collect(Collectors.joining(",")))
                .statusCode(413)
                .body("limitBytes", equalTo(4 << 20));
    }

    /** A tree of it would take many times its bytes, and a few of them a small heap. */
    @ParameterizedTest
    @ValueSource(strings = {"{\"delete\":\"%d\"},", "{\"put\":\"%d\",\"value\":{\"a\":{}}},", "{\"a\":0},", "0,"})
    void whatIsTooMuchForABatchTakesLittleMemory(String operation) {
        String operations =
                IntStream.range(0, 100_000).mapToObj(operation::formatted).collect(Collectors.joining());
        byte[] body = ("{\"operations\":[" + operations + "0]}").getBytes(StandardCharsets.UTF_8);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThrows(Problem.class, () -> KvBatch.operations(body, hosted));
        long took = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(took < 2L * body.length + (1 << 20), took + " bytes for " + body.length);
    }

    @Test
    void theNameOfTheBatchCallIsAKeyLikeAnyOtherForTheOtherCalls() {
        given().body("v").put("/kv/_batch").then().statusCode(201);
        given().get("/kv/_batch").then().statusCode(200).body(equalTo("v"));
        given().delete("/kv/_batch").then().statusCode(200);
        given().contentType(ContentType.JSON)
                .body("{}")
                .post("/kv/other")
                .then()
                .statusCode(405);
        given().contentType(ContentType.JSON)
                .body("{}")
                .post("/kv/" + "x".repeat(2_000))
                .then()
                .statusCode(405);
        given().contentType(ContentType.TEXT)
                .body("{}")
                .post("/kv/_batch")
                .then()
                .statusCode(415);
    }

    private ValidatableResponse batch(String body) {
        return given().contentType(ContentType.JSON)
                .body(body.formatted(key))
                .post("/kv/_batch")
                .then();
    }

    private static ValidatableResponse batchOf(String operations) {
        return given().contentType(ContentType.JSON)
                .body("{\"operations\": [" + operations + "]}")
                .post("/kv/_batch")
                .then();
    }

    // ---- expiry ----------------------------------------------------------------------------------------------------

    @Test
    void aRecordExpiresOnEveryReplicaUnlessItIsWrittenAnew() {
        put("short", "?ttl=1s").statusCode(201);
        given().body("x").put("/kv/" + key + "/kept?ttl=1s").then().statusCode(201);
        given().body("y").put("/kv/" + key + "/kept").then().statusCode(200);
        given().get("/kv/" + key).then().statusCode(200);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> given().get("/kv/" + key).statusCode() == 404);
        for (int replica = 0; replica < 3; replica++) {
            String local = "/kv/" + key + "?read=local&replica=" + replica;
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> given().get(local).statusCode() == 404);
        }
        given().get("/kv/" + key + "/kept").then().statusCode(200).body(equalTo("y"));
        given().header("If-None-Match", "*").body("v").put("/kv/" + key).then().statusCode(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0s", "-1s", "3651d", "x", "1y", "1.5s", ""})
    void aTtlThatIsNoneIs400(String ttl) {
        put("v", "?ttl=" + ttl).statusCode(400).body("member", equalTo("ttl"));
    }

    private ValidatableResponse put(String value, String query) {
        return given().body(value).put("/kv/" + key + query).then();
    }
}
