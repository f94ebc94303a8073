package dev.quorate.api;

import dev.quorate.protocol.WriteConcern;
import dev.quorate.replica.HostedReplicas;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a write of the resource API says beside what is written, checked.
 *
 * @param concern how many replicas must have it
 * @param w the same as it came, or its default
 * @param timeout how long they may take
 * @param idempotencyKey what makes a repeat safe, or null
 */
record WriteTerms(
        WriteConcern concern,
        String w,
        Duration timeout,
        @Nullable String idempotencyKey) {
    /** The header that makes a repeat safe. */
    static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    private static final int LONGEST_KEY = 128;

    /**
     * Reads query and headers.
     *
     * @throws Problem 400 that names the member
     */
    static WriteTerms of(HttpServerRequest request, Query query, HostedReplicas hosted) {
        String text = query.optional("w");
        String w = text == null ? "majority" : text;
        return new WriteTerms(
                concern(w, hosted.replicas()),
                w,
                query.duration("timeout", hosted.writeTimeout()),
                idempotencyKey(request.headers().getAll(IDEMPOTENCY_KEY)));
    }

    /** The same with that time-out. */
    WriteTerms within(Duration left) {
        return new WriteTerms(concern, w, left, idempotencyKey);
    }

    private static WriteConcern concern(String text, int replicas) {
        try {
            WriteConcern concern = WriteConcern.of(text);
            if (concern.required(replicas) > 0) {
                return concern;
            }
        } catch (IllegalArgumentException e) {
            // told below, in the words of the other calls
        }
        throw Problem.badRequest("w", "must be 1.." + replicas + ", \"majority\" or \"all\"")
                .with("replicas", replicas);
    }

    private static @Nullable String idempotencyKey(List<String> lines) {
        if (lines.isEmpty()) {
            return null;
        }
        String key = lines.get(0);
        boolean visible = key.chars().allMatch(c -> c > ' ' && c < 0x7f);
        if (lines.size() > 1 || key.isEmpty() || key.length() > LONGEST_KEY || !visible) {
            throw Problem.badRequest(
                    IDEMPOTENCY_KEY, "must be given once, of 1.." + LONGEST_KEY + " visible ASCII" + " characters");
        }
        return key;
    }
}
