package dev.quorate.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quorate.protocol.Position;
import dev.quorate.replica.Receipt;
import dev.quorate.replica.ReplicaException;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which operating error becomes which document, and what it says about a retry. */
class ProblemsTest {
    @Test
    void aQuorumTimeoutTellsWhoHasItAndThatItStays() throws IOException {
        Receipt soFar = new Receipt(new Position(3, 42), 3, List.of(0, 2), "leader-only", false, false);
        JsonNode document = document(new ReplicaException.QuorumTimeout(soFar), 504, "quorum-timeout");
        assertEquals(3, document.get("required").asInt());
        assertEquals(2, document.get("acknowledged").asInt());
        assertEquals("[0,2]", document.get("acknowledgedBy").toString());
        assertEquals("3.42", document.get("version").asText());
        assertEquals("leader-only", document.get("committed").asText());
        assertEquals("pending", document.get("outcome").asText());
    }

    @Test
    void everyOtherErrorHasItsStatusAndOutcome() throws IOException {
        assertEquals("none", outcome(new ReplicaException.Unavailable("no leader"), 503, "unavailable"));
        assertEquals("none", outcome(new ReplicaException.Overloaded("full"), 503, "overloaded"));
        assertEquals("unknown", outcome(new ReplicaException.Unknown("stopped"), 503, "unavailable"));
        assertEquals("none", outcome(new ReplicaException.DiskFull("disk", 2, 1), 507, "no-space"));
        JsonNode replies = document(new ReplicaException.TooFewReplies(3, 1), 504, "too-few-replies");
        assertEquals(3, replies.get("required").asInt());
        assertEquals(1, replies.get("answered").asInt());
    }

    @Test
    void aWatchThatCannotBeginSaysWhatCanBeHadOrWhenToTryAgain() throws IOException {
        Position first = new Position(2, 40);
        JsonNode gone = document(new ReplicaException.Compacted(new Position(1, 7), first), 410, "compacted");
        assertEquals("2.40", gone.get("first").asText());
        assertEquals(
                429,
                document(new ReplicaException.TooManyWatchers(5), 429, "too-many-watchers")
                        .get("status")
                        .asInt());
        assertEquals("10", retryAfter(new ReplicaException.TooManyWatchers(5)));
    }

    @Test
    void unavailabilitySaysWhenToTryAgain() {
        assertEquals("1", retryAfter(new ReplicaException.Unavailable("no leader")));
        assertEquals("1", retryAfter(new ReplicaException.Overloaded("full")));
        assertEquals("1", retryAfter(new ReplicaException.Unknown("stopped")));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 405, 406, 408, 413, 415, 418, 431, 499, 500, 501, 505})
    void everyStatusOfThePlatformHasADocument(int status) throws IOException {
        JsonNode document =
                new ObjectMapper().readTree(Problems.ofStatus(status).json());
        assertEquals(status, document.get("status").asInt());
        assertTrue(document.get("type").asText().matches("urn:quorate:problem:[a-z0-9-]+"), document.toString());
        assertFalse(document.get("title").asText().isEmpty());
    }

    private static String outcome(ReplicaException e, int status, String type) throws IOException {
        return document(e, status, type).get("outcome").asText();
    }

    private static JsonNode document(ReplicaException e, int status, String type) throws IOException {
        Problem problem = Problems.of(e);
        assertEquals(status, problem.status());
        JsonNode document = new ObjectMapper().readTree(problem.json());
        assertEquals("urn:quorate:problem:" + type, document.get("type").asText());
        assertEquals(e.getMessage(), document.get("detail").asText());
        return document;
    }

    private static @Nullable String retryAfter(ReplicaException e) {
        return Problems.of(e).headers().get("Retry-After");
    }
}
