package dev.quorate.peer;

import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.replica.Envelope;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.PeerException;
import dev.quorate.replica.PeerState;
import dev.quorate.replica.Peers;
import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reaches other replicas by the Quarkus REST client, also those of the same process: one way for all. */
@Singleton
public class RestPeers implements Peers {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    /** Takes the other's sync, which a slow disk may hold up. */
    private static final Duration APPEND_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration HEARTBEAT_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(2);

    private final Instance<HostedReplicas> hosted;
    private final Map<String, PeerClient> clients = new ConcurrentHashMap<>();

    RestPeers(Instance<HostedReplicas> hosted) {
        this.hosted = hosted;
    }

    @Override
    public Uni<AppendResponse> append(Envelope envelope, AppendRequest request) {
        return call(
                envelope,
                "append",
                () -> WireFormat.append(envelope, request, hosted.get().entryCodec()),
                APPEND_TIMEOUT,
                WireFormat::readAppendAnswer);
    }

    @Override
    public Uni<HeartbeatResponse> heartbeat(Envelope envelope, Heartbeat heartbeat) {
        return call(
                envelope,
                "heartbeat",
                () -> WireFormat.heartbeat(envelope, heartbeat),
                HEARTBEAT_TIMEOUT,
                WireFormat::readHeartbeatAnswer);
    }

    @Override
    public Uni<PeerState> hello(Envelope envelope) {
        return call(envelope, "hello", () -> WireFormat.hello(envelope), CALL_TIMEOUT, bytes -> state(envelope, bytes));
    }

    @Override
    public Uni<PeerState> form(Envelope envelope, long setId, List<Long> incarnations) {
        return call(
                envelope,
                "form",
                () -> WireFormat.form(envelope, setId, incarnations),
                CALL_TIMEOUT,
                bytes -> state(envelope, bytes));
    }

    @Override
    public Uni<ReadReply> read(Envelope envelope, long term, String key) {
        return call(
                envelope, "read", () -> WireFormat.read(envelope, term, key), CALL_TIMEOUT, WireFormat::readReadAnswer);
    }

    @Override
    public Uni<Boolean> repair(Envelope envelope, Repair repair) {
        return call(
                envelope,
                "repair",
                () -> WireFormat.repair(envelope, repair),
                CALL_TIMEOUT,
                WireFormat::readRepairAnswer);
    }

    private static PeerState state(Envelope envelope, byte[] bytes) {
        PeerState state = WireFormat.readState(bytes);
        if (state.replica() != envelope.to()) {
            throw new MalformedMessageException("replica " + state.replica() + " answered");
        }
        return state;
    }

    private interface Encoder {
        byte[] encode();
    }

    private <T> Uni<T> call(
            Envelope envelope, String call, Encoder encoder, Duration timeout, Function<byte[], T> decoder) {
        return Uni.createFrom()
                .deferred(() -> {
                    HostedReplicas here = hosted.get();
                    PeerClient client = clients.computeIfAbsent(here.url(envelope.to()), RestPeers::connect);
                    return client.call(envelope.to(), call, here.peerSecret().orElse(null), encoder.encode());
                })
                .ifNoItem()
                .after(timeout)
                .fail()
                .map(decoder)
                .onFailure()
                .transform(failure -> explain(envelope.to(), failure));
    }

    private static PeerClient connect(String url) {
        return QuarkusRestClientBuilder.newBuilder()
                .baseUri(URI.create(url))
                .connectTimeout(CONNECT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .readTimeout(2 * APPEND_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .build(PeerClient.class);
    }

    private static PeerException explain(int to, Throwable failure) {
        if (failure instanceof PeerException known) {
            return known;
        }
        if (failure instanceof MalformedMessageException) {
            return new PeerException("replica " + to + " answered garbage: " + failure.getMessage());
        }
        if (failure instanceof WebApplicationException refusal) {
            return new PeerException("replica " + to + " answered " + status(refusal));
        }
        Throwable cause = root(failure);
        if (cause instanceof TimeoutException || failure instanceof TimeoutException) {
            return new PeerException("replica " + to + " did not answer in time");
        }
        if (cause instanceof ConnectException) {
            return new PeerException("replica " + to + " cannot be connected to");
        }
        return new PeerException("replica " + to + " cannot be reached: " + cause.getMessage());
    }

    private static String status(WebApplicationException refusal) {
        int status = refusal.getResponse().getStatus();
        return switch (status) {
            case 403 -> "403: quorate.peer.secret differs";
            case 404 -> "404: it is not hosted there";
            case 409 -> "409: it is of another replica set, or its directory is another than the set knows";
            default -> String.valueOf(status);
        };
    }

    private static Throwable root(Throwable failure) {
        Throwable at = failure;
        @Nullable Throwable next;
        while ((next = at.getCause()) != null && next != at) {
            at = next;
        }
        return at;
    }
}
