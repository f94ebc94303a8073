package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.Records;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.LeadersLog;
import dev.quorate.replica.Replica;
import dev.quorate.store.MutationCodec;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process tells of its own replicas: what happened, and which writes they lost. */
@QuarkusTest
class EventsAndRollbacksTest {
    @TestHTTPResource("cluster/events")
    URI events = URI.create("http://unset");

    @TestHTTPResource("cluster/events?replica=1")
    URI eventsOfOne = events;

    @Inject
    HostedReplicas hosted;

    @TempDir
    Path directory;

    @Test
    void eachEventHasItsCauseAndCanBeGoneOnFrom() {
        String firstId;
        try (EventStream stream = EventStream.of(events, Map.of())) {
            List<String> lines = stream.awaitLine(line -> line.contains("\"reason\":\"a majority voted for it\""));
            assertTrue(lines.get(0).startsWith(":"), "a comment comes first: " + lines);
            String first = stream.data().get(0);
            assertTrue(
                    first.matches("\\{\"id\":\"[0-9a-f]{8}-1\",\"replica\":[012],\"term\":\\d+,\"type\":\"started\","
                            + "\"role\":\"follower\",\"cause\":\"the process started; [^\"]*\","
                            + "\"at\":\"20[^\"]*Z\",\"lastIndex\":\\d+,.*"),
                    first);
            firstId = lines.stream()
                    .filter(line -> line.startsWith("id:"))
                    .findFirst()
                    .orElseThrow()
                    .substring(3);
        }
        try (EventStream stream = EventStream.of(events, Map.of("Last-Event-ID", firstId))) {
            List<String> lines = stream.awaitLine(line -> line.startsWith("id:"));
            assertTrue(lines.contains("id:" + firstId.replaceAll("-1$", "-2")), lines.toString());
            assertFalse(lines.contains("event:gap"), lines.toString());
        }
        try (EventStream stream = EventStream.of(events, Map.of("Last-Event-ID", "00000000-7"))) {
            List<String> lines = stream.awaitLine(line -> line.startsWith("id:"));
            assertTrue(lines.contains("event:gap"), lines.toString());
            assertTrue(lines.stream().anyMatch(line -> line.startsWith("data:{\"missing\":null")), lines.toString());
        }
        try (EventStream stream = EventStream.of(eventsOfOne, Map.of())) {
            stream.awaitLine(line -> line.contains("\"type\":\"role-changed\""));
            assertTrue(
                    stream.data().stream().allMatch(data -> data.contains("\"replica\":1,")), stream.lines()::toString);
        }
    }

    @Test
    void whatCannotBeIsRefused() {
        for (String query : List.of("replica=3", "replica=x", "replica=", "replica=1&replica=2")) {
            refused("/cluster/events?" + query, "replica");
            refused("/cluster/rollbacks?" + query, "replica");
        }
        refused("/cluster/rollbacks?limit=0", "limit");
        refused("/cluster/rollbacks?limit=1001", "limit");
        given().header("Last-Event-ID", "42")
                .get("/cluster/events")
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("member", equalTo("Last-Event-ID"));
    }

    private static void refused(String path, String member) {
        given().get(path)
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("member", equalTo(member));
    }

    @Test
    void aLostWriteIsListedCountedAndToldAndItsFateToo() throws IOException {
        Records entries = LeadersLog.of(
                directory,
                1,
                1_000_000,
                MutationCodec.put("lost \"key\"", new byte[] {1, 2, 3}, null, 1, 5),
                MutationCodec.delete("other", 2, 5));
        Replica follower = hosted.hosted(2).orElseThrow();
        LeadersLog.lost(follower, entries, 1)
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitItem(ofSeconds(20));
        given().get("/cluster/rollbacks")
                .then()
                .statusCode(200)
                .body("rollbacks", hasSize(2))
                .body("more", equalTo(false))
                .body("rollbacks[0].key", equalTo("other"))
                .body("rollbacks[0].operation", equalTo("delete"))
                .body("rollbacks[0].w", equalTo(2))
                .body("rollbacks[1].key", equalTo("lost \"key\""))
                .body("rollbacks[1].version", equalTo("1000000.2"))
                .body("rollbacks[1].valueBytes", equalTo(3))
                .body("rollbacks[1].w", equalTo(1))
                .body("rollbacks.replica", everyItem(equalTo(2)))
                .body("rollbacks.savedAt", everyItem(matchesPattern("2025-11-24T16:00:00.000Z")));
        given().get("/cluster/rollbacks?limit=1")
                .then()
                .body("rollbacks", hasSize(1))
                .body("more", equalTo(true));
        given().get("/cluster/rollbacks?replica=1").then().statusCode(200).body("rollbacks", hasSize(0));

        await().atMost(ofSeconds(20)).untilAsserted(() -> {
            // Each write moves the commit index, until it has passed the place of what was lost.
            given().contentType("application/json")
                    .body("{\"key\":\"next\",\"value\":\"1\"}")
                    .post("/write")
                    .then()
                    .statusCode(204);
            given().get("/cluster/rollbacks").then().body("rollbacks.state", everyItem(equalTo("discarded")));
        });
        given().get("/q/metrics")
                .then()
                .body(containsString("quorate_rollback_writes_total{set=\"quorate\",state=\"removed\"} 2.0"))
                .body(containsString("quorate_rollback_writes_total{set=\"quorate\",state=\"discarded\"} 2.0"));
        try (EventStream stream = EventStream.of(events, Map.of())) {
            stream.awaitLine(line -> line.contains("\"state\":\"discarded\""));
            assertEquals(
                    2,
                    stream.data().stream()
                            .filter(data -> data.contains("\"type\":\"rollback\""))
                            .count());
        }
    }
}
