package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys in order, on three real replicas in one process. */
@QuarkusTest
class KvPageResourceTest {
    private static final AtomicInteger PREFIXES = new AtomicInteger();

    @Inject
    HostedReplicas hosted;

    @TestHTTPResource("/watch")
    URI watch = URI.create("http://unset");

    private String prefix = "";

    @BeforeEach
    void aLeaderAndANewPrefix() {
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.awaiting().isEmpty());
        prefix = "page " + PREFIXES.incrementAndGet() + "/";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "read=linearizable",
                "read=leader",
                "read=local",
                "read=local&replica=1",
                "read=local&replica=2"
            })
    void everyLevelShowsRecordsInOrderAndSaysWhoServedIt(String query) {
        put("b", new byte[] {(byte) 0xff, 0});
        String version = put("a", "Jess\"ica".getBytes(StandardCharsets.UTF_8));
        put("c", new byte[0]);
        given().delete("/kv/{key}?w=all", prefix + "c").then().statusCode(200);
        page(query, prefix, null)
                .header("Cache-Control", "no-cache")
                .header("Quorate-Replica", matchesPattern("[012]"))
                .header("Quorate-Role", matchesPattern("leader|follower"))
                .header("Quorate-Committed", matchesPattern("true|false"))
                .header("Quorate-Position", matchesPattern("\\d+\\.\\d+"))
                .body("records.key", contains(prefix + "a", prefix + "b"))
                .body("records[0].version", equalTo(version))
                .body("records[0].value", equalTo("Jess\"ica"))
                .body("records[0].contentType", matchesPattern("text/plain.*"))
                .body("records[0].timestamp", matchesPattern("\\d{4}-.*Z"))
                .body("records[1].valueBase64", equalTo("/wA="))
                .body("$", not(hasKey("next")))
                .body("watchFrom", matchesPattern("\\d+\\.\\d+"));
    }

    @ParameterizedTest
    @CsvSource({"1,4", "2,2", "3,2", "4,1", "1000,1"})
    void pagesGoOnBehindTheLastKeyToTheEnd(int limit, int pages) {
        for (String name : new String[] {"a", "b", "b/1", "c"}) {
            put(name, new byte[1]);
        }
        write(prefix.replace('/', '0'), new byte[1]);
        List<String> seen = new ArrayList<>();
        String after = null;
        int count = 0;
        do {
            JsonPath page = page("limit=" + limit, prefix, after).extract().jsonPath();
            assertEquals(after == null, page.getString("watchFrom") != null, "only the first page tells");
            seen.addAll(page.getList("records.key", String.class));
            after = page.getString("next");
            count++;
        } while (after != null);
        assertEquals(List.of(prefix + "a", prefix + "b", prefix + "b/1", prefix + "c"), seen);
        assertEquals(pages, count);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b+c", "%41", "ä/🌀", "a//b/", "a&limit=0", "a%2Fb;m=1?x=#f", "\"\\", "."})
    void aPrefixIsTakenAsItIs(String odd) {
        put(odd, new byte[1]);
        put(odd + "1", new byte[1]);
        put("other", new byte[1]);
        page("", prefix + odd, null).body("records.key", contains(prefix + odd, prefix + odd + "1"));
        page("", prefix + odd, prefix + odd).body("records.key", contains(prefix + odd + "1"));
    }

    @Test
    void aKeyToBeginBehindNeedNotBeThereNorHaveThePrefix() {
        put("b", new byte[1]);
        page("", prefix, prefix + "a").body("records", hasSize(1));
        page("", prefix, "").body("records", hasSize(1));
        page("", prefix, prefix + "b").body("records", empty());
        page("", prefix, "~").body("records", empty());
        page("", prefix + "no-such", null).body("records", empty());
        given().get("/kv").then().statusCode(200).body("records.size()", not(equalTo(0)));
    }

    @Test
    void withoutValuesOnlyKeysAndVersionsAreShown() {
        String version = put("a", new byte[600_000]);
        put("b", new byte[600_000]);
        put("c", new byte[1]);
        page("values=false", prefix, null)
                .body("records", hasSize(3))
                .body("records[0]", equalTo(Map.of("key", prefix + "a", "version", version)));
        // A page ends at 1 MiB of values.
        page("", prefix, null).body("records", hasSize(1)).body("next", equalTo(prefix + "a"));
        page("values=true", prefix, prefix + "a").body("records", hasSize(2));
    }

    /** What is written while the pages are read is on a page, or told by the watch, or both. */
    @ParameterizedTest
    @ValueSource(strings = {"linearizable", "local"})
    void whoListsAndThenWatchesMissesNothing(String level) {
        for (int i = 0; i < 4; i++) {
            put("k" + i, new byte[1]);
        }
        JsonPath first = page("limit=2&read=" + level, prefix, null).extract().jsonPath();
        String changed = put("k0", new byte[2]);
        given().delete("/kv/{key}?w=all", prefix + "k1").then().statusCode(200);
        String inserted = put("k11", new byte[1]);
        String last = put("k3", new byte[3]);
        page("read=" + level, prefix, first.getString("next"))
                .body("records.key", hasItems(prefix + "k2", prefix + "k3"))
                .body("records.version", hasItems(last));
        String query = "?prefix=" + URLEncoder.encode(prefix, StandardCharsets.UTF_8) + "&from="
                + first.getString("watchFrom");
        try (EventStream stream = EventStream.of(URI.create(watch + query), Map.of())) {
            String told = String.join("\n", stream.awaitLine(("id:" + last)::equals));
            assertTrue(told.contains("\"version\":\"" + changed + "\""), told);
            assertTrue(told.contains("\"version\":\"" + inserted + "\""), told);
            assertTrue(told.contains("{\"type\":\"delete\",\"key\":\"" + prefix + "k1\""), told);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"read=linearizable", "read=leader", "read=local&replica=1", "read=local&replica=2"})
    void everyLevelHonoursAPosition(String query) {
        String version = put("k", new byte[1]);
        String reflected = given().header("Quorate-Position", version)
                .queryParam("prefix", prefix)
                .get("/kv?" + query)
                .then()
                .statusCode(200)
                .body("records.version", contains(version))
                .extract()
                .header("Quorate-Position");
        assertTrue(!Position.parse(version).isAfter(Position.parse(reflected)), version + " is after " + reflected);
        Position ahead = new Position(Position.parse(version).term(), 999_999_999);
        given().header("Quorate-Position", ahead.toString())
                .get("/kv?timeout=20ms&" + query)
                .then()
                .statusCode(503)
                .body("type", equalTo("urn:quorate:problem:position-not-reached"));
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0,limit",
        "limit=1001,limit",
        "limit=-1,limit",
        "limit=x,limit",
        "limit=,limit",
        "values=no,values",
        "values=,values",
        "read=quorum,read",
        "read=repair,read",
        "read=LOCAL,read",
        "replica=1,replica",
        "read=local&replica=3,replica",
        "read=local&maxStaleness=1s,maxStaleness",
        "timeout=0,timeout",
        "prefix=%ff,prefix",
        "prefix=a&prefix=b,prefix",
        "after=%c3,after"
    })
    void whatCannotBeIs400(String query, String member) {
        given().urlEncodingEnabled(false)
                .get("/kv?" + query)
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("member", equalTo(member));
    }

    private static ValidatableResponse page(String query, String prefix, @Nullable String after) {
        Map<String, String> parameters =
                after == null ? Map.of("prefix", prefix) : Map.of("prefix", prefix, "after", after);
        return given().queryParams(parameters)
                .get("/kv" + (query.isEmpty() ? "" : "?" + query))
                .then()
                .statusCode(200)
                .contentType("application/json");
    }

    private String put(String name, byte[] value) {
        return write(prefix + name, value);
    }

    private static String write(String key, byte[] value) {
        return given().contentType("text/plain")
                .body(value)
                .pathParam("key", key)
                .put("/kv/{key}?w=all")
                .then()
                .statusCode(anyOf(is(200), is(201)))
                .extract()
                .path("version");
    }
}
