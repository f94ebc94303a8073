package dev.quorate.cli;

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

/**
 * One client of {@code /kv}: a call at a time, each recorded with what its answer says of its outcome. It keeps the
 * session token where sessions are checked; where a token is discarded it begins another session, as another client.
 */
final class KvSession {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final String POSITION = "Quorate-Position";

    private final HttpClient http;
    private final Recorder recorder;
    private final CheckOptions options;
    private int client;
    private @Nullable Position token;

    KvSession(HttpClient http, Recorder recorder, CheckOptions options, int client) {
        this.http = http;
        this.recorder = recorder;
        this.options = options;
        this.client = client;
    }

    /** Writes a value that no other write has. False if nothing came of it. */
    boolean write(URI target, String key, long number) throws InterruptedException {
        String value = client + "-" + number;
        HttpRequest request = request(target, key, "w=" + options.w())
                .header("Content-Type", "text/plain")
                .PUT(HttpRequest.BodyPublishers.ofString(value))
                .build();
        Recorder.Call call = recorder.write(client, key, value);
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() / 100 == 2) {
                Position version = version(answer);
                reached(version);
                call.acknowledged(version);
                return true;
            }
            // 4xx refuse; every other problem says what became of the write.
            if (answer.statusCode() < 500 || answer.body().contains("\"outcome\":\"none\"")) {
                call.failed();
            } else {
                call.unknown();
            }
        } catch (ConnectException | HttpConnectTimeoutException e) {
            call.failed();
        } catch (IOException e) {
            call.unknown();
        }
        return false;
    }

    /** Reads. False if there was no answer. */
    boolean read(URI target, String key) throws InterruptedException {
        HttpRequest.Builder request = request(target, key, "read=" + options.read());
        if (options.sessions() && token != null) {
            request.header(POSITION, token.toString());
        }
        Recorder.Call call = recorder.read(client, key);
        try {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            boolean absent = answer.statusCode() == 404 && answer.body().contains("no-such-key");
            if (answer.statusCode() == 200 || absent) {
                Position reflected = position(answer.headers().firstValue(POSITION));
                reached(reflected);
                call.saw(absent ? null : answer.body(), absent ? null : version(answer), reflected);
                return true;
            }
            if (answer.statusCode() == 409) {
                token = null;
                client += options.clients();
            }
        } catch (IOException e) {
            // A read that was not answered did nothing, whatever happened to it.
        }
        call.failed();
        return false;
    }

    private HttpRequest.Builder request(URI target, String key, String query) {
        String path = URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20");
        return HttpRequest.newBuilder(URI.create(target + "/kv/" + path + "?" + query))
                .timeout(TIMEOUT);
    }

    private void reached(@Nullable Position position) {
        if (position != null && (token == null || position.isAfter(token))) {
            token = position;
        }
    }

    private static @Nullable Position version(HttpResponse<String> answer) {
        return position(answer.headers().firstValue("ETag").map(etag -> etag.replace("\"", "")));
    }

    private static @Nullable Position position(Optional<String> text) {
        return text.isEmpty() ? null : Position.parse(text.get());
    }
}
