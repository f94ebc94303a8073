package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.quorate.replica.HostedReplicas;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /cluster/leader}: answered when the other leads. */
@QuarkusTest
@TestProfile(ClusterLeaderTest.OfItsOwn.class)
class ClusterLeaderTest {
    /** A set of its own: other tests count on the first term. */
    public static final class OfItsOwn implements QuarkusTestProfile {}

    @Inject
    HostedReplicas hosted;

    @BeforeEach
    void replicaZeroLeads() {
        await("replica 0 leads")
                .atMost(Duration.ofSeconds(30))
                .until(() -> handOver("{\"replica\":0}").extract().statusCode() == 200);
    }

    @Test
    void theOtherLeadsWhenItIsAnswered() {
        handOver("{\"replica\":1}").statusCode(200).body("leader", equalTo(1));
        given().get("/cluster").then().body("leader", equalTo(1)).body("replicas[1].role", equalTo("leader"));
        given().contentType(ContentType.JSON)
                .body("{\"key\":\"handed\",\"value\":\"over\"}")
                .post("/write-with-quorum")
                .then()
                .statusCode(204)
                .header("Quorate-Replica", "1");
    }

    @Test
    void theLeaderItselfHasNothingToDo() {
        long term = term();
        handOver("{\"replica\":0}").statusCode(200).body("leader", equalTo(0));
        assertEquals(term, term());
    }

    /** It ends with this one. */
    @Test
    void anOrderedStopHandsOverToNoReplicaOfTheSameProcess() {
        long term = term();
        assertFalse(hosted.handOver().await().atMost(Duration.ofSeconds(30)));
        assertEquals(term, term());
    }

    private static long term() {
        return given().get("/cluster").then().extract().jsonPath().getLong("term");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"replica\":3}", "{\"replica\":-1}", "{\"replica\":\"1\"}", "{}", "[1]", "null", ""})
    void anotherThanAReplicaIsRefused(String body) {
        handOver(body)
                .statusCode(400)
                .contentType("application/problem+json")
                .body("member", equalTo("replica"))
                .body("replicas", equalTo(3));
    }

    @Test
    void whatIsNoJsonIsRefused() {
        handOver("{").statusCode(400).body("member", equalTo("body"));
    }

    private static ValidatableResponse handOver(String body) {
        return given().contentType(ContentType.JSON)
                .body(body)
                .post("/cluster/leader")
                .then();
    }
}
