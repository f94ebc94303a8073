package dev.quorate.api;

import dev.quorate.protocol.Role;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReplicaException;
import dev.quorate.replica.WriteOperation;
import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/**
 * Passes a call on to the process that can do it, as the same public call, and its answer back. One that came passed on
 * is never passed on again: two processes that each take the other for the leader would play ball.
 */
@Singleton
final class Forwarder {
    /** Says that a process passed the call on, and which. */
    static final String FORWARDED = "Quorate-Forwarded";

    /** With a call that has no {@code timeout} of its own and was passed on: what is left of its time, in ms. */
    static final String TIME_LEFT = "Quorate-Time-Left";

    /**
     * With a value that was passed on and came without a content type: the platform's client sends one in any case, and with
     * that a repeat through another process would be another request.
     */
    static final String UNTYPED = "Quorate-Untyped";

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(70);
    /** The other process times out first, and its answer says more. */
    private static final Duration MARGIN = Duration.ofSeconds(1);

    private static final Pattern MILLISECONDS = Pattern.compile("\\d{1,9}");

    private final HostedReplicas hosted;
    private final Map<String, ForwardClient> clients = new ConcurrentHashMap<>();

    Forwarder(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    /**
     * The leader if another process hosts it, or -1 if it is here.
     *
     * @throws ReplicaException.Unavailable if no leader is known
     */
    int leaderElsewhere() {
        if (hosted.asked().role() == Role.LEADER) {
            return -1;
        }
        OptionalInt leader = hosted.leader();
        if (leader.isEmpty() || hosted.hosted(leader.getAsInt()).isPresent()) {
            throw new ReplicaException.Unavailable(hosted.awaiting().orElse("no leader is known yet"));
        }
        return leader.getAsInt();
    }

    /** Has a write done by the process of that replica. Sent once: nobody knows here whether a second one is harmless. */
    Uni<Response> write(String call, int replica, byte[] body, Duration left, @Nullable String forwardedBy) {
        refuseSecondHop(replica, forwardedBy);
        return answer(
                replica, client(replica).write(call, hosted.asked().id(), left.toMillis(), body), left, "unknown");
    }

    /** As {@link #write}, of {@code PUT} and {@code DELETE /kv}. */
    Uni<Response> one(int replica, KvWrite write, @Nullable String forwardedBy) {
        refuseSecondHop(replica, forwardedBy);
        WriteOperation operation = write.operation();
        WriteTerms terms = write.terms();
        byte[] value = operation.value();
        Uni<RestResponse<byte[]>> call = value == null
                ? client(replica)
                        .delete(
                                operation.key(),
                                hosted.asked().id(),
                                write.ifMatch(),
                                write.ifNoneMatch(),
                                terms.idempotencyKey(),
                                terms.w(),
                                milliseconds(terms.timeout()))
                : client(replica)
                        .put(
                                operation.key(),
                                hosted.asked().id(),
                                operation.contentType(),
                                operation.contentType() == null ? "true" : null,
                                write.ifMatch(),
                                write.ifNoneMatch(),
                                terms.idempotencyKey(),
                                terms.w(),
                                milliseconds(terms.timeout()),
                                write.ttl(),
                                value);
        return answer(replica, call, terms.timeout(), "unknown");
    }

    /** As {@link #write}, of {@code POST /kv/_batch}. */
    Uni<Response> batch(int replica, KvBatch batch, @Nullable String forwardedBy) {
        refuseSecondHop(replica, forwardedBy);
        WriteTerms terms = batch.terms();
        Uni<RestResponse<byte[]>> call = client(replica)
                .batch(
                        hosted.asked().id(),
                        terms.idempotencyKey(),
                        terms.w(),
                        milliseconds(terms.timeout()),
                        batch.body());
        return answer(replica, call, terms.timeout(), "unknown");
    }

    private static String milliseconds(Duration duration) {
        return Math.max(1, duration.toMillis()) + "ms";
    }

    /**
     * Has a read done by the process of that replica.
     *
     * @param parameter the {@code replica} to pass, or null
     * @param left how long it may take, 1 ms or more
     */
    Uni<Response> read(
            String call,
            int replica,
            String key,
            @Nullable Integer parameter,
            Duration left,
            @Nullable String forwardedBy) {
        refuseSecondHop(replica, forwardedBy);
        return answer(
                replica,
                client(replica).read(call, hosted.asked().id(), left.toMillis(), key, parameter),
                left,
                "none");
    }

    /** As {@link #read}, of {@code GET /kv}. */
    Uni<Response> get(int replica, KvRead read, @Nullable String forwardedBy) {
        refuseSecondHop(replica, forwardedBy);
        Uni<RestResponse<byte[]>> call = client(replica)
                .get(
                        read.key(),
                        hosted.asked().id(),
                        read.position() == null ? null : read.position().toString(),
                        read.level().label(),
                        read.level() == KvRead.Level.LOCAL ? replica : null,
                        read.maxStaleness() == null ? null : read.maxStaleness().toMillis() + "ms",
                        read.timeout().toMillis() + "ms",
                        read.ifMatch() == null ? null : read.ifMatch().text(),
                        read.ifNoneMatch() == null ? null : read.ifNoneMatch().text());
        return answer(replica, call, read.timeout(), "none");
    }

    /** As {@link #read}, of a page of keys. */
    Uni<Response> page(int replica, KvPage page, @Nullable String forwardedBy) {
        refuseSecondHop(replica, forwardedBy);
        Uni<RestResponse<byte[]>> call = client(replica)
                .page(
                        hosted.asked().id(),
                        page.position() == null ? null : page.position().toString(),
                        page.range().prefix(),
                        page.range().after(),
                        page.range().limit(),
                        page.values(),
                        page.level().label(),
                        page.level() == KvRead.Level.LOCAL ? replica : null,
                        milliseconds(page.timeout()));
        return answer(replica, call, page.timeout(), "none");
    }

    /** Has the leader hand over. */
    Uni<Response> transfer(int replica, byte[] body, @Nullable String forwardedBy) {
        refuseSecondHop(replica, forwardedBy);
        return answer(
                replica, client(replica).transfer(hosted.asked().id(), body), hosted.transferTimeout(), "unknown");
    }

    private Uni<Response> answer(
            int replica, Uni<RestResponse<byte[]>> call, Duration timeout, String outcomeOnceSent) {
        return call.ifNoItem()
                .after(timeout.plus(MARGIN))
                .fail()
                .map(answer -> isOurs(answer) ? passBack(answer) : failed(replica, outcomeOnceSent))
                .onFailure()
                .recoverWithItem(failure -> failed(replica, failure, outcomeOnceSent));
    }

    /**
     * How long a call may take here.
     *
     * @param header {@link #TIME_LEFT} as it came, or null
     * @param own how long one may that came from a client; no header makes it longer
     */
    static Duration timeLeft(@Nullable String header, Duration own) {
        if (header == null || !MILLISECONDS.matcher(header).matches()) {
            return own;
        }
        long left = Math.max(1, Long.parseLong(header));
        return left < own.toMillis() ? Duration.ofMillis(left) : own;
    }

    private static void refuseSecondHop(int replica, @Nullable String forwardedBy) {
        if (forwardedBy != null) {
            throw Problem.unavailable(
                    "the call was passed on to here, but replica " + replica + " is to do it", "none");
        }
    }

    private ForwardClient client(int replica) {
        return clients.computeIfAbsent(hosted.url(replica), Forwarder::connect);
    }

    private static ForwardClient connect(String url) {
        return QuarkusRestClientBuilder.newBuilder()
                .baseUri(URI.create(url))
                .connectTimeout(CONNECT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .readTimeout(LONGEST.toMillis(), TimeUnit.MILLISECONDS)
                .disableDefaultMapper(true)
                .build(ForwardClient.class);
    }

    /** A failure of ours has a document; the platform, or a proxy, gives none, and does not say what was done. */
    private static boolean isOurs(RestResponse<byte[]> answer) {
        String type = answer.getHeaderString(HttpHeaders.CONTENT_TYPE);
        return answer.getStatus() < 500 || (type != null && type.startsWith(Problem.MEDIA_TYPE));
    }

    private static Response passBack(RestResponse<byte[]> answer) {
        Response.ResponseBuilder passed = Response.status(answer.getStatus());
        byte[] body = body(answer);
        if (body.length > 0) {
            passed.entity(body);
        }
        for (Map.Entry<String, List<Object>> header : answer.getHeaders().entrySet()) {
            if (isPassed(header.getKey())) {
                header.getValue().forEach(value -> passed.header(header.getKey(), value));
            }
        }
        return passed.build();
    }

    /** The client leaves the body of what is no success as a stream, whatever type was asked for. */
    private static byte[] body(RestResponse<?> answer) {
        Object entity = answer.getEntity();
        if (entity instanceof InputStream stream) {
            try (stream) {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return entity instanceof byte[] bytes ? bytes : new byte[0];
    }

    private static boolean isPassed(String header) {
        String name = header.toLowerCase(Locale.ROOT);
        return name.startsWith("quorate-")
                || name.equalsIgnoreCase(HttpHeaders.CONTENT_TYPE)
                || name.equalsIgnoreCase(HttpHeaders.ETAG)
                || name.equalsIgnoreCase(Receipts.REPLAYED)
                || name.equalsIgnoreCase(HttpHeaders.LAST_MODIFIED)
                || name.equalsIgnoreCase(HttpHeaders.CACHE_CONTROL)
                || name.equalsIgnoreCase(HttpHeaders.RETRY_AFTER);
    }

    private Response failed(int replica, Throwable failure, String outcomeOnceSent) {
        if (failure instanceof Problem known) {
            return known.response();
        }
        return wasNeverSent(failure)
                ? failed("replica " + replica + " cannot be connected to", "none")
                : failed(replica, outcomeOnceSent);
    }

    private Response failed(int replica, String outcome) {
        return failed("replica " + replica + " did not answer", outcome);
    }

    private Response failed(String detail, String outcome) {
        OptionalInt leader = hosted.leader();
        return Problem.unavailable(detail, outcome)
                .with("leader", leader.isPresent() ? leader.getAsInt() : null)
                .response();
    }

    private static boolean wasNeverSent(Throwable failure) {
        for (@Nullable Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof ConnectException
                    || at instanceof NoRouteToHostException
                    || at instanceof UnknownHostException) {
                return true;
            }
        }
        return false;
    }
}
