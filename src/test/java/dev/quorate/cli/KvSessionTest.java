package dev.quorate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.sun.net.httpserver.HttpExchange;
import dev.quorate.history.Guarantee;
import dev.quorate.history.Operation;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.history.Recorder;
import dev.quorate.protocol.Position;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client records of each answer: a wrong outcome there makes every verdict worthless. */
class KvSessionTest {
    private final Recorder recorder = new Recorder(System::nanoTime);
    private final List<@Nullable String> tokens = new ArrayList<>();
    private int status = 200;
    private String body = "";
    private Map<String, String> headers = Map.of();

    @RegisterExtension
    final FakeServer server = new FakeServer("/", this::answer);

    private void answer(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        tokens.add(exchange.getRequestHeaders().getFirst("Quorate-Position"));
        if (status == 0) {
            exchange.close();
            return;
        }
        headers.forEach(exchange.getResponseHeaders()::add);
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @ParameterizedTest
    @CsvSource({
        "200, '', OK",
        "201, '', OK",
        "400, '', FAILED",
        "413, '', FAILED",
        "503, '{\"outcome\":\"none\"}', FAILED",
        "507, '{\"outcome\":\"none\"}', FAILED",
        "503, '{\"outcome\":\"unknown\"}', UNKNOWN",
        "504, '{\"outcome\":\"pending\"}', UNKNOWN",
        "500, '', UNKNOWN",
        "0, '', UNKNOWN",
    })
    void aWriteHasTheOutcomeThatItsAnswerTells(int answered, String document, Outcome outcome) throws Exception {
        status = answered;
        body = document;
        headers = Map.of("ETag", "\"3.42\"");
        assertEquals(outcome == Outcome.OK, session(Guarantee.LINEARIZABLE).write(server.url(), "k", 7));
        Operation recorded = recorder.history().get(0);
        assertEquals(outcome, recorded.outcome());
        assertEquals("1-7", recorded.value());
        assertEquals(outcome == Outcome.OK ? new Position(3, 42) : null, recorded.version());
    }

    @Test
    void aWriteThatWasNeverSentFailed() throws Exception {
        session(Guarantee.LINEARIZABLE).write(URI.create("http://127.0.0.1:1"), "k", 7);
        assertEquals(Outcome.FAILED, recorder.history().get(0).outcome());
    }

    @ParameterizedTest
    @CsvSource({
        "404, no-such-key, OK",
        "404, no-such-path, FAILED",
        "503, '', FAILED",
        "504, '', FAILED",
        "0, '', FAILED"
    })
    void aReadWithoutAValueIsAnAbsenceOrNothing(int answered, String document, Outcome outcome) throws Exception {
        status = answered;
        body = document;
        headers = Map.of("Quorate-Position", "3.42");
        session(Guarantee.LINEARIZABLE).read(server.url(), "k");
        Operation recorded = recorder.history().get(0);
        assertEquals(outcome, recorded.outcome());
        assertNull(recorded.value());
    }

    @Test
    void aSessionCarriesTheHighestPositionThatItWasShown() throws Exception {
        KvSession session = session(Guarantee.MONOTONIC_READS);
        body = "v";
        for (String position : List.of("1.9", "2.4", "1.10", "2.5")) {
            headers = Map.of("Quorate-Position", position, "ETag", "\"1.2\"");
            session.read(server.url(), "k");
        }
        assertEquals("[null, 1.9, 2.4, 2.4]", tokens.toString());
        Operation last = recorder.history().get(3);
        assertEquals(new Position(1, 2), last.version());
        assertEquals(new Position(2, 5), last.position());
        assertEquals("v", last.value());
    }

    @Test
    void aDiscardedTokenEndsTheSession() throws Exception {
        KvSession session = session(Guarantee.READ_YOUR_WRITES);
        headers = Map.of("ETag", "\"1.9\"");
        session.write(server.url(), "k", 1);
        status = 409;
        session.read(server.url(), "k");
        status = 200;
        session.write(server.url(), "k", 2);
        session.read(server.url(), "k");
        assertEquals("[null, 1.9, null, 1.9]", tokens.toString());
        assertEquals(
                List.of(1, 1, 9, 9),
                recorder.history().stream().map(Operation::client).toList());
    }

    private KvSession session(Guarantee guarantee) {
        CheckOptions options = new CheckOptions(
                "register",
                List.of(server.url()),
                null,
                8,
                1,
                Duration.ZERO,
                "linearizable",
                "majority",
                false,
                List.of(guarantee),
                1,
                Path.of("unused"));
        return new KvSession(new KvCalls(), recorder, options, 1);
    }
}
