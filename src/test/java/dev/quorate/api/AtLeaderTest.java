package dev.quorate.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.replica.ReplicaException;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a call that only the leader can do is done again (protocol.md §6): a write done twice is two writes. */
class AtLeaderTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int HERE = -1;
    private static final int THERE = 2;

    private final List<Duration> tries = new ArrayList<>();

    @Test
    void whereNothingWasDoneThereItIsTriedAgainInTheTimeThatIsLeft() {
        Response answer = passedOn(THERE, LONG, null, nothingDone(), nothingDone(), done());
        assertEquals(204, answer.getStatus());
        assertEquals(3, tries.size());
        assertTrue(tries.get(0).compareTo(LONG) <= 0, tries.toString());
        assertTrue(tries.get(1).compareTo(tries.get(0)) < 0, tries.toString());
        assertTrue(tries.get(2).compareTo(tries.get(1)) < 0, tries.toString());
    }

    /** Its answer tells what became of it, or does not; the platform, or a proxy, may give one after it was done. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no healthy upstream",
                "{\"type\":\"urn:quorate:problem:unavailable\",\"outcome\":\"unknown\"}",
                "{\"type\":\"urn:quorate:problem:overloaded\",\"outcome\":\"none\"}"
            })
    void another503IsTheAnswer(String body) {
        Response refusal = body.isEmpty() ? Response.status(503).build() : refusal(body);
        assertEquals(503, passedOn(THERE, LONG, null, refusal, done()).getStatus());
        assertEquals(1, tries.size());
    }

    @Test
    void whatWasPassedOnToHereIsTriedOnce() {
        assertEquals(503, passedOn(THERE, LONG, "1", nothingDone(), done()).getStatus());
        assertEquals(List.of(LONG), tries);
    }

    @Test
    void whenItsTimeIsOverTheLastAnswerIsIts() {
        Response refusal = nothingDone();
        Response answer = passedOn(THERE, Duration.ofMillis(50), null, refusal, refusal, refusal, refusal, refusal);
        assertEquals(503, answer.getStatus());
        assertTrue(tries.size() < 5, tries.toString());
    }

    @Test
    void whereThisReplicaCannotDoItAnyMoreItIsTriedAgain() {
        Uni<Response> call = new AtLeader(() -> HERE)
                .call(
                        left -> {
                            tries.add(left);
                            return tries.size() == 1
                                    ? Uni.createFrom().failure(new ReplicaException.Unavailable("it does not lead"))
                                    : Uni.createFrom().item(done());
                        },
                        (leader, left) -> Uni.createFrom().nullItem(),
                        LONG,
                        null);
        assertEquals(204, call.await().atMost(LONG).getStatus());
        assertEquals(2, tries.size());
    }

    @Test
    void whereItMayHaveBeenDoneHereItIsNot() {
        Uni<Response> call = new AtLeader(() -> HERE)
                .call(
                        left -> {
                            tries.add(left);
                            return Uni.createFrom().failure(new ReplicaException.Unknown("it may have been done"));
                        },
                        (leader, left) -> Uni.createFrom().nullItem(),
                        LONG,
                        null);
        assertThrows(ReplicaException.Unknown.class, () -> call.await().atMost(LONG));
        assertEquals(1, tries.size());
    }

    /** Found by {@code WorkloadsIT}: a write under an idempotency key was done, and was said not to be. */
    @Test
    void whatMayHaveBeenDoneIsNotSaidToBeUndoneByALaterAttempt() {
        for (Uni<Response> later : List.of(
                Uni.createFrom().item(nothingDone()),
                Uni.createFrom().<Response>failure(new ReplicaException.Unavailable("no leader is known yet")),
                Uni.createFrom().<Response>failure(new ReplicaException.Overloaded("too many writes wait")))) {
            tries.clear();
            Uni<Response> call = new AtLeader(() -> THERE)
                    .call(
                            left -> Uni.createFrom().nullItem(),
                            (leader, left) -> {
                                tries.add(left);
                                return tries.size() == 1
                                        ? Uni.createFrom()
                                                .item(Problem.unavailable("no answer", "unknown")
                                                        .response())
                                        : later;
                            },
                            Duration.ofMillis(200),
                            null,
                            true);
            assertThrows(ReplicaException.Unknown.class, () -> call.await().atMost(LONG));
            assertTrue(tries.size() > 1, tries.toString());
        }
    }

    private Response passedOn(int leader, Duration timeout, @Nullable String forwardedBy, Response... answers) {
        return new AtLeader(() -> leader)
                .call(
                        left -> Uni.createFrom().nullItem(),
                        (to, left) -> {
                            assertEquals(leader, to);
                            tries.add(left);
                            return Uni.createFrom().item(answers[tries.size() - 1]);
                        },
                        timeout,
                        forwardedBy)
                .await()
                .atMost(LONG);
    }

    private static Response done() {
        return Response.noContent().build();
    }

    private static Response nothingDone() {
        return Problem.unavailable("no leader is known yet", "none").response();
    }

    private static Response refusal(String body) {
        return Response.status(503)
                .entity(body.getBytes(StandardCharsets.UTF_8))
                .build();
    }
}
