package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReplicaException;
import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import jakarta.ws.rs.ProcessingException;
import jakarta.ws.rs.core.Response;
import java.net.ConnectException;
import java.net.URI;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Passes a call on to the process that can answer it, as the same public call. One that came forwarded is never passed on
 * again (protocol.md §6).
 */
@Singleton
final class Forwarder {
    private static final long SLACK_MS = 2_000;

    private final HostedReplicas hosted;
    private final Map<String, OtherProcess> clients = new ConcurrentHashMap<>();

    Forwarder(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    /** A call to make there. */
    interface Call {
        Uni<Response> to(OtherProcess other, int self);
    }

    /** Whether the leader is in this process, or unknown: then the asked replica says so itself. */
    boolean isLeaderHere() {
        OptionalInt leader = hosted.leader();
        return leader.isEmpty() || hosted.hosted(leader.getAsInt()).isPresent();
    }

    Uni<Response> toLeader(@Nullable String forwardedBy, boolean write, Call call) {
        return to(hosted.leader().orElseThrow(), forwardedBy, write, call);
    }

    /**
     * Passes on to a replica of another process.
     *
     * @param write whether a connection that breaks leaves the outcome unknown
     */
    Uni<Response> to(int replica, @Nullable String forwardedBy, boolean write, Call call) {
        if (forwardedBy != null) {
            throw new ReplicaException.Unavailable(
                    "the request was forwarded already, and replica " + replica + " is not here");
        }
        OtherProcess other = clients.computeIfAbsent(hosted.url(replica), this::connect);
        return call.to(other, hosted.asked().id())
                .map(Forwarder::passOn)
                .onFailure(ProcessingException.class)
                .transform(failure -> explain(replica, write, failure))
                .onFailure(ConnectException.class)
                .transform(failure -> explain(replica, write, failure));
    }

    private OtherProcess connect(String url) {
        long timeoutMs =
                Math.max(hosted.writeTimeout().toMillis(), hosted.readTimeout().toMillis()) + SLACK_MS;
        return QuarkusRestClientBuilder.newBuilder()
                .baseUri(URI.create(url))
                .connectTimeout(1, TimeUnit.SECONDS)
                .readTimeout(timeoutMs, TimeUnit.MILLISECONDS)
                .disableDefaultMapper(true)
                .build(OtherProcess.class);
    }

    private static Response passOn(Response answer) {
        Response.ResponseBuilder out = Response.status(answer.getStatus());
        answer.getStringHeaders().forEach((name, values) -> {
            boolean ofConnection = name.equalsIgnoreCase("content-length") || name.equalsIgnoreCase("connection");
            if (!ofConnection) {
                values.forEach(value -> out.header(name, value));
            }
        });
        byte[] body = answer.hasEntity() ? answer.readEntity(byte[].class) : null;
        return body == null || body.length == 0 ? out.build() : out.entity(body).build();
    }

    private static ReplicaException explain(int replica, boolean write, Throwable failure) {
        boolean nothingSent = failure instanceof ConnectException || failure.getCause() instanceof ConnectException;
        return !write || nothingSent
                ? new ReplicaException.Unavailable("replica " + replica + " cannot be reached")
                : new ReplicaException.Unknown(
                        "the connection to replica " + replica + " broke; the write may have been done");
    }
}
