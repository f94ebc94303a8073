package dev.quorate.api;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.peer.WithSecret;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Stopped;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every call with every status that the document declares, on one process that hosts all replicas. */
@QuarkusTest
@TestProfile(ResourceApiTest.Small.class)
class ResourceApiTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    /** What is declared and has no row, each with why. */
    private static final Map<String, String> NOT_IN_THE_TABLE = Map.of(
            "500 .*", "nothing that a client does is to have it",
            "504 POST /write", "the disk of the leader, whose word is enough, does not answer",
            "507 DELETE /kv/\\{key\\}", "a delete needs room on a disk that is full to the last byte, not in the store",
            "503 GET /q/health/started", "a log is read back for long");

    /** Limits that are soon reached. */
    public static final class Small implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.ofEntries(
                    Map.entry("quorate.peer.secret", WithSecret.SECRET),
                    Map.entry("quorate.election-timeout", "3s"),
                    Map.entry("quorate.wal.segment-size", "1M"),
                    Map.entry("quorate.limits.body-timeout", "3s"),
                    Map.entry("quorate.limits.store-size", "4M"),
                    Map.entry("quorate.limits.watchers", "2"),
                    Map.entry("quorate.snapshot.keep-entries", "1"));
        }
    }

    @Inject
    HostedReplicas hosted;

    @TestHTTPResource("/")
    URI server = URI.create("http://unset");

    @Test
    void everyDeclaredStatusHasARowOrAReason() {
        Set<String> without = new TreeSet<>(CallTable.declared());
        without.removeAll(CallTable.listed());
        Set<String> unexplained = new TreeSet<>(without);
        unexplained.removeIf(kind -> NOT_IN_THE_TABLE.keySet().stream().anyMatch(kind::matches));
        assertEquals(Set.of(), unexplained, "declared, and without a row");
        Set<String> idle = new TreeSet<>(NOT_IN_THE_TABLE.keySet());
        idle.removeIf(kinds -> without.stream().anyMatch(kind -> kind.matches(kinds)));
        assertEquals(Set.of(), idle, "reasons for what has a row, or is not declared");
        Set<String> undeclared = new TreeSet<>(CallTable.listed());
        undeclared.removeAll(CallTable.declared());
        assertEquals(Set.of(), undeclared, "rows of what is not declared");
    }

    @Test
    void everyRowHasItsStatus() {
        await("a leader").atMost(LONG).until(() -> hosted.awaiting().isEmpty());
        int leader = hosted.leader().orElseThrow();
        List<String> urls = Collections.nCopies(3, server.toString().replaceFirst("/$", ""));
        CallTable table = new CallTable();
        table.prepare(urls.get(leader), leader);
        table.holdWhereAllIsWell(urls, leader);
        table.hold("the replica leads", urls, leader);

        stop((leader + 1) % 3);
        table.hold("the replica has stopped, and its process has not", urls, leader);
        table.hold("a follower does not answer", urls, leader);
        stop((leader + 2) % 3);
        table.hold("no follower answers", urls, leader);
        await("the leader misses them").atMost(LONG).until(() -> hosted.leader().isEmpty());
        table.hold("nobody leads", urls, leader);
        assertEquals(
                Set.of("each replica has a process of its own", "the replica follows, in another process"),
                table.left(),
                "sections for several processes");
    }

    private void stop(int replica) {
        Stopped.stop(hosted.hosted(replica).orElseThrow());
    }
}
