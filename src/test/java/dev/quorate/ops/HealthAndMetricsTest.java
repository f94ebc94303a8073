package dev.quorate.ops;

import static io.restassured.RestAssured.given;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import dev.quorate.replica.ReplicaListener;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What an operator is shown by a process whose three replicas have formed their set. */
@QuarkusTest
class HealthAndMetricsTest {
    @Inject
    ReplicaListener listener;

    @Test
    void healthNamesTheLeader() {
        await().atMost(ofSeconds(20))
                .untilAsserted(() -> given().get("/q/health/ready")
                        .then()
                        .statusCode(200)
                        .body("checks.find { it.name == 'leader-known' }.data.leader", equalTo(0)));
        given().get("/q/health/started")
                .then()
                .statusCode(200)
                .body("checks.find { it.name == 'log-replayed' }.data.hosted", equalTo(3));
        given().get("/q/health/live")
                .then()
                .statusCode(200)
                .body("checks.find { it.name == 'disk-alive' }.data.sync", equalTo("always"));
    }

    @Test
    void figuresCarryTheirUnits() {
        listener.written(2, ReplicaListener.PENDING);
        listener.written(17, "an outcome that is not in the list");
        listener.synced(Duration.ofMillis(3), 14);
        String figures =
                given().get("/q/metrics").then().statusCode(200).extract().asString();
        for (String expected : new String[] {
            "quorate_writes_total{outcome=\"pending\",set=\"quorate\",w=\"2\"} 1.0",
            "quorate_writes_total{outcome=\"acknowledged\",set=\"quorate\",w=\"3\"} ",
            "w=\"17\"",
            "quorate_wal_sync_seconds_sum",
            "quorate_wal_sync_running_seconds{set=\"quorate\"} ",
            "quorate_wal_batch_entries_max",
            "quorate_state_differences_total{set=\"quorate\"} 0.0",
            "quorate_pending_writes{set=\"quorate\"} 0.0",
            "quorate_pending_bytes{set=\"quorate\"} 0.0",
            "quorate_watchers{set=\"quorate\"} 0.0",
            "http_server_active_connections",
            "quorate_pending_waits{set=\"quorate\"} 0.0",
            "quorate_wal_bytes{",
            "quorate_replication_lag_entries{replica=\"1\"",
            "quorate_replication_lag_seconds{replica=\"2\"",
            "quorate_commit_index{replica=\"0\"",
            "quorate_last_index{replica=\"2\""
        }) {
            org.hamcrest.MatcherAssert.assertThat(figures, containsString(expected));
        }
    }
}
