package dev.quorate.process;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.api.CallTable;
import dev.quorate.api.EventStream;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every call with every status that the OpenAPI document declares, on three processes, through leader and follower alike,
 * each answer held against the document; then what a client relies on when the leader is gone: to repeat, and to watch on.
 */
class ResourceApiIT {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Pattern CHANGE = Pattern.compile("\"key\":\"([^\"]*)\",\"version\":\"([^\"]*)\"");
    private static final int WRITES = 30;

    @RegisterExtension
    final RunDirectory directory = new RunDirectory();

    /** One test, as three processes are enough for all of it. */
    @Test
    void everyRowHasItsStatusThroughLeaderAndFollowerAndAFailoverHidesNothing() throws Exception {
        CallTable table = new CallTable();
        try (ProcessCluster cluster = new ProcessCluster(directory.path(), 3, "auto")) {
            configure(cluster);
            cluster.startAll();
            cluster.awaitAllReady();
            List<String> urls = cluster.urls();
            int leader = cluster.awaitLeader();
            int first = (leader + 1) % 3;
            int second = (leader + 2) % 3;
            table.prepare(urls.get(first), leader);
            table.hold("the replica leads", urls, leader);
            table.hold("the replica follows, in another process", urls, second);
            table.hold("each replica has a process of its own", urls, leader, second);
            table.holdWhereAllIsWell(urls, leader, second);

            cluster.pause(first);
            table.hold("a follower does not answer", urls, leader, second);
            cluster.pause(second);
            table.hold("no follower answers", urls, leader);
            await("the leader misses them")
                    .atMost(LONG)
                    .until(() -> cluster.cluster(leader).path("leader").isNull());
            table.hold("nobody leads", urls, leader);
            cluster.resume(first);
            cluster.resume(second);
            assertEquals(Set.of("the replica has stopped, and its process has not"), table.left());

            loseTheLeader(cluster, table);
        }
    }

    private static void configure(ProcessCluster cluster) {
        cluster.settings().put("quorate.election-timeout", "3s");
        cluster.settings().put("quorate.limits.body-timeout", "3s");
        cluster.settings().put("quorate.limits.store-size", "4M");
        cluster.settings().put("quorate.limits.watchers", "2");
        cluster.settings().put("quorate.snapshot.keep-entries", "1");
        cluster.settings().put("quorate.peer.secret", "s3cret");
    }

    /** What a client did through one that dies, or through one that lives on, it goes on with through any other. */
    private static void loseTheLeader(ProcessCluster cluster, CallTable table) throws Exception {
        int leader = cluster.awaitLeader();
        int first = (leader + 1) % 3;
        int second = (leader + 2) % 3;
        String made = put(cluster, leader, "order", "one", "a7")
                .statusCode(201)
                .header("Idempotency-Replayed", nullValue())
                .extract()
                .path("version");
        put(cluster, leader, "order", "changed", "a8").statusCode(200);
        cluster.awaitEqual();

        List<String> written;
        List<Event> seen;
        try (EventStream uncut = watch(cluster, second, Map.of())) {
            uncut.awaitLine("event:position"::equals);
            written = writeWhileTheLeaderDies(cluster, first, leader);
            seen = untilLast(uncut, written);
        }
        assertEquals(written, changes(seen), "watched without a cut");
        for (int at = 0; at < seen.size(); at++) {
            if (seen.get(at).data().contains("/1")) {
                table.awaitNoWatch(cluster.urls().get(first));
                assertEquals(written, resumed(cluster, first, seen.subList(0, at + 1), written), "cut at change " + at);
            }
        }
        assertRepeated(cluster, made, first, second);
    }

    /** The same answer, and nothing is written by it: what was written since stays. */
    private static void assertRepeated(ProcessCluster cluster, String made, int... replicas) {
        for (int replica : replicas) {
            put(cluster, replica, "order", "one", "a7")
                    .statusCode(201)
                    .header("ETag", "\"" + made + "\"")
                    .header("Idempotency-Replayed", "true")
                    .body("version", equalTo(made));
            put(cluster, replica, "order", "another", "a7").statusCode(422);
            given().get(cluster.urls().get(replica) + "/kv/order").then().body(equalTo("changed"));
        }
    }

    private static ValidatableResponse put(
            ProcessCluster cluster, int replica, String name, String value, String idempotencyKey) {
        return given().header("Idempotency-Key", idempotencyKey)
                .contentType("text/plain")
                .body(value)
                .put(cluster.urls().get(replica) + "/kv/" + name + "?timeout=20s")
                .then();
    }

    /** Keys and versions in the order of their writes, each repeated until it is acknowledged; every third is a batch. */
    private static List<String> writeWhileTheLeaderDies(ProcessCluster cluster, int through, int leader) {
        List<String> written = new ArrayList<>();
        CompletableFuture<Void> killed = new CompletableFuture<>();
        for (int n = 0; n < WRITES; n++) {
            if (n == WRITES / 2) {
                killed = CompletableFuture.runAsync(() -> kill(cluster, leader));
            }
            String key = "seen-" + n;
            if (n % 3 == 0) {
                String version = acknowledged(
                        cluster, through, "POST", "/kv/_batch", "application/json", key, """
                        {"operations":[{"put":"%1$s/0","value":"v"},{"put":"%1$s/1","value":"v"},{"put":"%1$s/2","value":"v"}]}""".formatted(key));
                for (int part = 0; part < 3; part++) {
                    written.add(key + "/" + part + " " + version);
                }
            } else {
                written.add(key + " " + acknowledged(cluster, through, "PUT", "/kv/" + key, "text/plain", key, "v"));
            }
        }
        killed.join();
        return written;
    }

    private static void kill(ProcessCluster cluster, int id) {
        try {
            cluster.kill(id);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String acknowledged(
            ProcessCluster cluster, int through, String verb, String path, String type, String key, String body) {
        Response answer = await("the write of " + key)
                .atMost(LONG)
                .until(
                        () -> given().header("Idempotency-Key", key)
                                .contentType(type)
                                .body(body)
                                .request(verb, cluster.urls().get(through) + path),
                        response -> response.statusCode() / 100 == 2);
        return answer.path("version");
    }

    /** @param id the SSE id; empty without one */
    private record Event(String id, String data) {}

    private static EventStream watch(ProcessCluster cluster, int replica, Map<String, String> headers) {
        return EventStream.of(URI.create(cluster.urls().get(replica) + "/watch?prefix=seen"), headers);
    }

    private static List<Event> untilLast(EventStream stream, List<String> written) {
        String last = written.get(written.size() - 1);
        stream.awaitLine(line -> line.equals("id:" + last.substring(last.indexOf(' ') + 1)));
        await("the event is whole")
                .until(() -> stream.lines().get(stream.lines().size() - 1).isEmpty());
        List<Event> events = new ArrayList<>();
        String id = "";
        String data = "";
        for (String line : stream.lines()) {
            if (line.startsWith("id:")) {
                id = line.substring("id:".length());
            } else if (line.startsWith("data:")) {
                data = line.substring("data:".length());
            } else if (line.isEmpty()) {
                events.add(new Event(id, data));
                id = "";
                data = "";
            }
        }
        return events;
    }

    private static List<String> changes(List<Event> events) {
        return events.stream()
                .map(event -> CHANGE.matcher(event.data()))
                .filter(Matcher::find)
                .map(change -> change.group(1) + " " + change.group(2))
                .toList();
    }

    /**
     * The changes that a client has whose stream ended behind those events, and who goes on through a replica: it keeps what
     * came up to the last id, as all of a batch comes again whose end it did not get.
     */
    private static List<String> resumed(ProcessCluster cluster, int replica, List<Event> got, List<String> written) {
        int end = got.size();
        while (got.get(end - 1).id().isEmpty()) {
            end--;
        }
        List<String> changes = new ArrayList<>(changes(got.subList(0, end)));
        Map<String, String> headers = Map.of("Last-Event-ID", got.get(end - 1).id());
        try (EventStream stream = watch(cluster, replica, headers)) {
            changes.addAll(changes(untilLast(stream, written)));
        }
        return changes;
    }
}
