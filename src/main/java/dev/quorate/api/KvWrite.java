package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Precondition;
import dev.quorate.replica.WriteOperation;
import dev.quorate.replica.WriteRequest;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.core.HttpHeaders;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A put or a delete of one key, checked.
 *
 * @param ttl as it came, or null
 * @param ifMatch the header as it came, or null
 * @param ifNoneMatch the header as it came, or null
 */
record KvWrite(
        WriteOperation operation,
        WriteTerms terms,
        @Nullable String ttl,
        @Nullable String ifMatch,
        @Nullable String ifNoneMatch) {
    /**
     * Checks a put.
     *
     * @throws Problem 400 that names the member, 413 for a large value
     */
    static KvWrite put(
            String key, byte[] value, @Nullable String contentType, HttpServerRequest request, HostedReplicas hosted) {
        if (value.length > hosted.valueSizeBytes()) {
            throw Problem.tooLarge("value", value.length, hosted.valueSizeBytes());
        }
        Query query = Query.of(request.query());
        String type = ContentTypes.check(HttpHeaders.CONTENT_TYPE, contentType);
        return of(key, value, type, query, request, hosted);
    }

    /**
     * Checks a delete.
     *
     * @throws Problem 400 that names the member
     */
    static KvWrite delete(String key, HttpServerRequest request, HostedReplicas hosted) {
        return of(key, null, null, Query.of(request.query()), request, hosted);
    }

    private static KvWrite of(
            String key,
            byte @Nullable [] value,
            @Nullable String contentType,
            Query query,
            HttpServerRequest request,
            HostedReplicas hosted) {
        EntityTags ifMatch =
                EntityTags.of(HttpHeaders.IF_MATCH, request.headers().getAll(HttpHeaders.IF_MATCH));
        EntityTags ifNoneMatch =
                EntityTags.of(HttpHeaders.IF_NONE_MATCH, request.headers().getAll(HttpHeaders.IF_NONE_MATCH));
        Precondition precondition = new Precondition(
                ifMatch == null ? null : ifMatch.stronglyMatched(),
                ifNoneMatch == null ? null : ifNoneMatch.weaklyMatched());
        return new KvWrite(
                new WriteOperation(key, value, contentType, query.ttl("ttl"), precondition),
                WriteTerms.of(request, query, hosted),
                query.optional("ttl"),
                ifMatch == null ? null : ifMatch.text(),
                ifNoneMatch == null ? null : ifNoneMatch.text());
    }

    /** The same with that time-out. */
    KvWrite within(Duration left) {
        return new KvWrite(operation, terms.within(left), ttl, ifMatch, ifNoneMatch);
    }

    WriteRequest request() {
        return new WriteRequest(List.of(operation), false, terms.idempotencyKey(), terms.concern(), terms.timeout());
    }

    long sizeBytes() {
        byte[] value = operation.value();
        return operation.key().length() + (value == null ? 0L : value.length);
    }
}
