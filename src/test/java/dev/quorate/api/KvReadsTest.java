package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.emptyString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.oneOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a read can ask for, and what its answer says of itself, on three real replicas in one process. */
@QuarkusTest
class KvReadsTest {
    private static final AtomicInteger KEYS = new AtomicInteger();

    @Inject
    HostedReplicas hosted;

    private String path = "";
    private String version = "";

    @BeforeEach
    void aValueThatAllHave() {
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.awaiting().isEmpty());
        path = "/kv/reads:" + KEYS.incrementAndGet();
        version = given().contentType("text/plain")
                .body("Jessica")
                .put(path + "?w=all")
                .then()
                .statusCode(oneOf(200, 201))
                .extract()
                .path("version");
    }

    // ---- levels ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "?read=linearizable",
                "?read=leader",
                "?read=local",
                "?read=local&replica=1",
                "?read=quorum",
                "?read=quorum&r=1",
                "?read=quorum&r=3",
                "?read=repair",
                "?read=local&replica=2&maxStaleness=1ms",
                "?read=leader&maxStaleness=86400s"
            })
    void everyLevelSaysWhoServedItAndHowFreshItIs(String query) {
        given().get(path + query)
                .then()
                .statusCode(200)
                .header("ETag", "\"" + version + "\"")
                .header("Last-Modified", matchesPattern("\\w{3}, \\d{2} \\w{3} \\d{4} .* GMT"))
                .header("Cache-Control", "no-cache")
                .header("Quorate-Replica", matchesPattern("[012]"))
                .header("Quorate-Role", matchesPattern("leader|follower"))
                .header("Quorate-Committed", matchesPattern("true|false"))
                .header("Quorate-Position", matchesPattern("\\d+\\.\\d+"))
                .body(equalTo("Jessica"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?read=leader", "?read=local&replica=1", "?read=local&replica=2", "?read=quorum&r=3"})
    void theBoundOfStalenessComesWithTheRounds(String query) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () -> given().get(path + query).then().header("Quorate-Staleness", matchesPattern("\\d+")));
    }

    /** None of them can be that fresh; the leader can, by a round of its own. */
    @ParameterizedTest
    @ValueSource(strings = {"read=local&replica=1", "read=local&replica=2"})
    void whatMayBeTooOldIsAskedOfTheLeader(String query) {
        given().get(path + "?maxStaleness=1ms&" + query)
                .then()
                .statusCode(200)
                .header("Quorate-Role", "leader")
                .header("Quorate-Committed", "true")
                .body(equalTo("Jessica"));
    }

    @Test
    void whatIsFreshEnoughIsAnsweredByTheReplicaNamed() {
        int follower = hosted.leader().orElseThrow() == 1 ? 2 : 1;
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> given().get(path + "?read=local&maxStaleness=3600s&replica=" + follower)
                        .then()
                        .header("Quorate-Replica", String.valueOf(follower)));
    }

    /** Behind the process that passed it on: that one asks the leader. */
    @Test
    void whoGotItPassedOnRefusesWhatIsTooOld() {
        int follower = hosted.leader().orElseThrow() == 1 ? 2 : 1;
        given().header("Quorate-Forwarded", "9")
                .get(path + "?read=local&maxStaleness=1ms&replica=" + follower)
                .then()
                .statusCode(503)
                .body("type", equalTo("urn:quorate:problem:too-stale"));
    }

    @ParameterizedTest
    @CsvSource({
        "read=quorum&r=0,r",
        "read=quorum&r=4,r",
        "read=quorum&r=x,r",
        "r=2,r",
        "read=repair&replica=1,replica",
        "read=quorum&replica=1,replica",
        "maxStaleness=0ms,maxStaleness",
        "maxStaleness=86401s,maxStaleness",
        "maxStaleness=x,maxStaleness",
        "read=LOCAL,read"
    })
    void whatCannotBeIs400(String query, String member) {
        given().get(path + "?" + query)
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("member", equalTo(member));
    }

    @ParameterizedTest
    @ValueSource(strings = {"linearizable", "leader", "local", "quorum", "repair"})
    void anAbsenceSaysWhoServedItToo(String level) {
        given().get("/kv/no-such?read=" + level)
                .then()
                .statusCode(404)
                .contentType("application/problem+json")
                .header("Quorate-Replica", matchesPattern("[012]"))
                .header("Quorate-Committed", matchesPattern("true|false"))
                .header("Quorate-Position", matchesPattern("\\d+\\.\\d+"))
                .header("Cache-Control", "no-cache");
    }

    @Test
    void headIsGetWithoutTheBytes() {
        given().head(path)
                .then()
                .statusCode(200)
                .header("ETag", "\"" + version + "\"")
                .header("Content-Type", matchesPattern("text/plain.*"))
                .header("Content-Length", "7")
                .body(emptyString());
        given().head("/kv/no-such").then().statusCode(404).body(emptyString());
        given().header("If-None-Match", "*").head(path).then().statusCode(304);
    }

    // ---- conditions ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "If-None-Match; *; 304",
                "If-None-Match; \"V\"; 304",
                "If-None-Match; W/\"V\"; 304",
                "If-None-Match; \"1.999\", \"V\"; 304",
                "If-None-Match; \"1.999\"; 200",
                "If-Match; *; 200",
                "If-Match; \"V\"; 200",
                "If-Match; \"1.999\", \"V\"; 200",
                "If-Match; W/\"V\"; 412",
                "If-Match; \"1.999\"; 412",
                "If-Match; V; 400",
                "If-None-Match; \"V; 400",
            })
    void aConditionIsCompared(String header, String value, int status) {
        ValidatableResponse answer = given().header(header, value.replace("V", version))
                .get(path)
                .then()
                .statusCode(status);
        if (status == 304) {
            answer.header("ETag", "\"" + version + "\"")
                    .header("Quorate-Position", not(nullValue()))
                    .header("Content-Type", nullValue())
                    .body(emptyString());
        } else if (status == 412) {
            answer.header("ETag", "\"" + version + "\"")
                    .contentType("application/problem+json")
                    .body("version", equalTo(version));
        }
    }

    @Test
    void severalLinesAreOneListAndIfMatchComesFirst() {
        given().headers("If-None-Match", "\"1.998\"", "If-None-Match", "\"" + version + "\"")
                .get(path)
                .then()
                .statusCode(304);
        given().header("If-Match", "\"1.999\"")
                .header("If-None-Match", "*")
                .get(path)
                .then()
                .statusCode(412);
    }

    @Test
    void whatIsNotThereIs404WhateverTheCondition() {
        given().header("If-Match", "*").get("/kv/no-such").then().statusCode(404);
        given().header("If-None-Match", "*").get("/kv/no-such").then().statusCode(404);
    }

    // ---- sessions and outcomes -------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"read=local&replica=1", "read=leader", "read=linearizable", "read=quorum", "read=repair"})
    void everyLevelHonoursAPosition(String query) {
        String reflected = given().header("Quorate-Position", version)
                .get(path + "?" + query)
                .then()
                .statusCode(200)
                .extract()
                .header("Quorate-Position");
        assertTrue(!Position.parse(version).isAfter(Position.parse(reflected)), version + " is after " + reflected);
        given().header("Quorate-Position", new Position(Position.parse(version).term(), 999_999_999).toString())
                .get(path + "?timeout=20ms&" + query)
                .then()
                .statusCode(503)
                .body("type", equalTo("urn:quorate:problem:position-not-reached"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void anOutcomeIsToldByAnyReplica(int replica) {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> outcome(replica, version, "committed"));
        Position there = Position.parse(version);
        outcome(replica, new Position(there.term() + 1, there.index()).toString(), "discarded");
        outcome(replica, new Position(there.term(), 999_999_999).toString(), "unknown");
    }

    private void outcome(int replica, String asked, String outcome) {
        given().get("/cluster/outcomes/" + asked + "?replica=" + replica)
                .then()
                .statusCode(200)
                .body("version", equalTo(asked))
                .body("outcome", equalTo(outcome))
                .body("replica", equalTo(replica));
    }

    @ParameterizedTest
    @CsvSource({"x,version", "3,version", "0.0,version", "1.0,version", "1.1?replica=3,replica"})
    void noOutcomeOfWhatIsNoVersion(String asked, String member) {
        given().get("/cluster/outcomes/" + asked).then().statusCode(400).body("member", equalTo(member));
    }
}
