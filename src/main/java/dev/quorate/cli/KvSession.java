package dev.quorate.cli;

import dev.quorate.cli.KvCalls.Answer;
import dev.quorate.history.Recorder;
import dev.quorate.protocol.Position;
import java.net.URI;
import java.net.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * One client of {@code /kv}: a call at a time, each recorded with what its answer says of its outcome. It keeps the
 * session token where sessions are checked; where a token is discarded it begins another session, as another client.
 */
final class KvSession {
    private final KvCalls calls;
    private final Recorder recorder;
    private final CheckOptions options;
    private int client;
    private @Nullable Position token;

    KvSession(KvCalls calls, Recorder recorder, CheckOptions options, int client) {
        this.calls = calls;
        this.recorder = recorder;
        this.options = options;
        this.client = client;
    }

    /** Writes a value that no other write has. False if nothing came of it. */
    boolean write(URI target, String key, long number) throws InterruptedException {
        String value = client + "-" + number;
        Recorder.Call call = recorder.write(client, key, value);
        Answer answer = calls.put(KvCalls.key(target, key, "w=" + options.w()), value);
        reached(answer.version());
        answer.end(call);
        return answer.isOk();
    }

    /** Reads. False if there was no answer. */
    boolean read(URI target, String key) throws InterruptedException {
        HttpRequest.Builder request = KvCalls.key(target, key, "read=" + options.read());
        if (options.sessions() && token != null) {
            request.header(KvCalls.POSITION, token.toString());
        }
        Recorder.Call call = recorder.read(client, key);
        Answer answer = calls.read(request);
        answer.endRead(call);
        if (answer.isOk()) {
            reached(answer.position());
        } else if (answer.status() == 409) {
            token = null;
            client += options.clients();
        }
        return answer.isOk();
    }

    private void reached(@Nullable Position position) {
        if (position != null && (token == null || position.isAfter(token))) {
            token = position;
        }
    }
}
