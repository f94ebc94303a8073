package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.oneOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** {@code POST /cluster/snapshot}: begun when it is answered, followed in {@code GET /cluster}. */
@QuarkusTest
class ClusterSnapshotTest {
    private static void write(String value) {
        given().body(value)
                .queryParam("w", "all")
                .put("/kv/snapshot-test")
                .then()
                .statusCode(oneOf(200, 201));
    }

    private static JsonPath cluster() {
        return given().get("/cluster").then().statusCode(200).extract().jsonPath();
    }

    private static void awaitWritten(int replica, long above) {
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            JsonPath cluster = cluster();
            String snapshot = "replicas[" + replica + "].snapshot.";
            return cluster.getString(snapshot + "state").equals("written")
                    && cluster.getLong(snapshot + "index") > above;
        });
    }

    @Test
    void eachHostedReplicaWritesOneAndTheClusterTellsHowFarItIs() {
        write("1");
        given().post("/cluster/snapshot")
                .then()
                .statusCode(202)
                .header("Location", endsWith("/cluster"))
                .body("snapshots", hasSize(3))
                .body("snapshots[2].replica", equalTo(2))
                .body("snapshots[2].snapshot.state", notNullValue());
        for (int replica = 0; replica < 3; replica++) {
            awaitWritten(replica, 0);
        }
        given().get("/cluster")
                .then()
                .body("replicas[0].snapshot.bytes", greaterThan(0))
                .body("replicas[0].snapshot.at", notNullValue())
                .body("replicas[0].snapshot.firstIndex", equalTo(1))
                .body("replicas[0].snapshot.failure", equalTo(null));
        String metrics = given().get("/q/metrics").asString();
        assertTrue(metrics.contains("quorate_snapshot_age_seconds{"), metrics);
    }

    @Test
    void oneReplicaCanBeAskedFor() {
        write("2");
        long before = cluster().getLong("replicas[1].snapshot.index");
        given().queryParam("replica", 1)
                .post("/cluster/snapshot")
                .then()
                .statusCode(202)
                .body("snapshots", hasSize(1))
                .body("snapshots[0].replica", equalTo(1));
        awaitWritten(1, before);
        given().queryParam("replica", 3).post("/cluster/snapshot").then().statusCode(400);
    }
}
