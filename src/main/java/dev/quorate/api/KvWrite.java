package dev.quorate.api;

import dev.quorate.protocol.WriteConcern;
import dev.quorate.replica.HostedReplicas;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A write of the resource API, checked.
 *
 * @param contentType as it came; null without one
 * @param concernText {@code w} as it came, or its default
 */
@SuppressWarnings("ArrayRecordComponent") // handed on at once, never compared
record KvWrite(
        String key,
        byte[] value,
        @Nullable String contentType,
        WriteConcern concern,
        String concernText,
        Duration timeout) {
    /**
     * Checks one.
     *
     * @throws Problem 400 that names the member, 413 for a large value
     */
    static KvWrite of(
            String key, Query query, byte @Nullable [] body, @Nullable String contentType, HostedReplicas hosted) {
        byte[] value = body == null ? new byte[0] : body;
        if (value.length > hosted.valueSizeBytes()) {
            throw Problem.tooLarge("value", value.length, hosted.valueSizeBytes());
        }
        String text = query.optional("w");
        String w = text == null ? "majority" : text;
        return new KvWrite(
                key,
                value,
                contentType,
                concern(w, hosted.replicas()),
                w,
                query.duration("timeout", hosted.writeTimeout()));
    }

    /** The same with that time-out. */
    KvWrite within(Duration left) {
        return new KvWrite(key, value, contentType, concern, concernText, left);
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
}
