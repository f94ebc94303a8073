package dev.quorate.cli;

import dev.quorate.history.Operation.Outcome;
import dev.quorate.history.Recorder;
import dev.quorate.protocol.Position;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Calls of {@code /kv}, each with what its answer says of its outcome. */
final class KvCalls {
    static final String POSITION = "Quorate-Position";

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient http = client();

    /**
     * What came of a call.
     *
     * @param status 0 where there was no answer
     * @param version of what was written, read, or met by a condition; null for absence, or where it is not told
     * @param position session token
     */
    record Answer(
            Outcome outcome,
            int status,
            String body,
            @Nullable Position version,
            @Nullable Position position) {
        static final Answer NONE = new Answer(Outcome.FAILED, 0, "", null, null);

        boolean isOk() {
            return outcome == Outcome.OK;
        }

        /** What was read; null for absence. */
        @Nullable
        String value() {
            return status == 404 ? null : body;
        }

        /** Ends a write, or a repeat of one. */
        void end(Recorder.Call write) {
            switch (outcome) {
                case OK -> write.acknowledged(version);
                case REFUSED -> write.refused(version);
                case FAILED -> write.failed();
                case UNKNOWN -> write.unknown();
            }
        }

        /** Ends a read. */
        void endRead(Recorder.Call read) {
            if (isOk()) {
                read.saw(value(), version, position);
            } else {
                read.failed();
            }
        }
    }

    static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
    }

    /** A request for a key. */
    static HttpRequest.Builder key(URI target, String key, String query) {
        return path(target, "/kv/" + encoded(key) + "?" + query);
    }

    static HttpRequest.Builder path(URI target, String path) {
        return HttpRequest.newBuilder(URI.create(target + path)).timeout(TIMEOUT);
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** A {@code PUT} of a text. */
    Answer put(HttpRequest.Builder request, String value) throws InterruptedException {
        return write(request.header("Content-Type", "text/plain").PUT(HttpRequest.BodyPublishers.ofString(value)));
    }

    /**
     * {@code POST /kv/_batch}.
     *
     * @param operations members of its array, with commas between
     */
    Answer batch(URI target, String w, String operations) throws InterruptedException {
        return write(path(target, "/kv/_batch?w=" + w)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"operations\":[" + operations + "]}")));
    }

    /** Any write. */
    Answer write(HttpRequest.Builder request) throws InterruptedException {
        try {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            int status = answer.statusCode();
            if (status / 100 == 2 || status == 412) {
                Optional<String> told = Optional.ofNullable(JsonFields.first(answer.body(), "version"));
                Position version = position(etag(answer).or(() -> told));
                return answer(status == 412 ? Outcome.REFUSED : Outcome.OK, answer, version);
            }
            // 4xx refuse; every other problem says what became of the write.
            boolean none = status < 500 || answer.body().contains("\"outcome\":\"none\"");
            return answer(none ? Outcome.FAILED : Outcome.UNKNOWN, answer, null);
        } catch (ConnectException | HttpConnectTimeoutException e) {
            return Answer.NONE;
        } catch (IOException e) {
            return new Answer(Outcome.UNKNOWN, 0, "", null, null);
        }
    }

    /** Any read; an absent key is an answer, too. */
    Answer read(HttpRequest.Builder request) throws InterruptedException {
        try {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            boolean absent = answer.statusCode() == 404 && answer.body().contains("no-such-key");
            boolean ok = answer.statusCode() == 200 || absent;
            return answer(ok ? Outcome.OK : Outcome.FAILED, answer, absent ? null : position(etag(answer)));
        } catch (IOException e) {
            // A read that was not answered did nothing, whatever happened to it.
            return Answer.NONE;
        }
    }

    private static Answer answer(Outcome outcome, HttpResponse<String> answer, @Nullable Position version) {
        Position position = position(answer.headers().firstValue(POSITION));
        return new Answer(outcome, answer.statusCode(), answer.body(), version, position);
    }

    private static Optional<String> etag(HttpResponse<?> answer) {
        return answer.headers().firstValue("ETag").map(tag -> tag.replace("\"", ""));
    }

    private static @Nullable Position position(Optional<String> text) {
        return text.isEmpty() ? null : Position.parse(text.get());
    }
}
