package dev.quorate.peer;

import dev.quorate.protocol.Message.Admission;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Message.InstallResponse;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.TimeoutNow;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Message.VoteResponse;
import dev.quorate.replica.Envelope;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.PeerException;
import dev.quorate.replica.PeerState;
import dev.quorate.replica.Peers;
import dev.quorate.replica.SnapshotPart;
import dev.quorate.replica.StateHashes;
import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reaches other replicas by the Quarkus REST client, also those of the same process: one way for all. */
@Singleton
public class RestPeers implements Peers {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    /** Takes the other's sync, which a slow disk may hold up. */
    private static final Duration APPEND_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(2);

    private final Supplier<HostedReplicas> hosted;
    private final Map<String, PeerClient> clients = new ConcurrentHashMap<>();

    @Inject
    RestPeers(Instance<HostedReplicas> hosted) {
        this(hosted::get);
    }

    /** Asks for the replicas at each call: they are made with this port, and know where they live later still. */
    RestPeers(Supplier<HostedReplicas> hosted) {
        this.hosted = hosted;
    }

    @Override
    public Uni<AppendResponse> append(Envelope envelope, AppendRequest request) {
        return call(
                envelope,
                "append",
                () -> WireFormat.append(envelope, request, hosted.get().entryCodec()),
                APPEND_TIMEOUT,
                bytes -> {
                    AppendResponse answer = WireFormat.readAppendAnswer(bytes);
                    boolean matches = answer.to() == envelope.from() && answer.sequence() == request.sequence();
                    return answers(envelope, answer.from(), matches, answer);
                });
    }

    @Override
    public Uni<InstallResponse> install(Envelope envelope, InstallRequest request, SnapshotPart part) {
        return call(envelope, "snapshot", () -> WireFormat.install(envelope, request, part), APPEND_TIMEOUT, bytes -> {
            InstallResponse answer = WireFormat.readInstallAnswer(bytes);
            boolean matches = answer.to() == envelope.from() && answer.sequence() == request.sequence();
            return answers(envelope, answer.from(), matches, answer);
        });
    }

    @Override
    public Uni<HeartbeatResponse> heartbeat(Envelope envelope, Heartbeat heartbeat) {
        return call(
                envelope,
                "heartbeat",
                () -> WireFormat.heartbeat(envelope, heartbeat),
                hosted.get().heartbeatTimeout(),
                bytes -> {
                    HeartbeatResponse answer = WireFormat.readHeartbeatAnswer(bytes);
                    boolean outdated = answer.term() > heartbeat.term() && answer.round() == 0;
                    boolean matches =
                            answer.to() == envelope.from() && (outdated || answer.round() == heartbeat.round());
                    return answers(envelope, answer.from(), matches, answer);
                });
    }

    @Override
    public Uni<PreVoteResponse> preVote(Envelope envelope, PreVoteRequest request) {
        return call(envelope, "pre-vote", () -> WireFormat.preVote(envelope, request), CALL_TIMEOUT, bytes -> {
            PreVoteResponse answer = WireFormat.readPreVoteAnswer(bytes);
            boolean matches = answer.to() == envelope.from() && answer.forTerm() == request.term() + 1;
            return answers(envelope, answer.from(), matches, answer);
        });
    }

    @Override
    public Uni<VoteResponse> vote(Envelope envelope, VoteRequest request) {
        return call(envelope, "vote", () -> WireFormat.vote(envelope, request), CALL_TIMEOUT, bytes -> {
            VoteResponse answer = WireFormat.readVoteAnswer(bytes);
            return answers(envelope, answer.from(), answer.to() == envelope.from(), answer);
        });
    }

    @Override
    public Uni<Void> timeoutNow(Envelope envelope, TimeoutNow message) {
        return call(
                        envelope,
                        "transfer",
                        () -> WireFormat.timeoutNow(envelope, message),
                        CALL_TIMEOUT,
                        WireFormat::readDone)
                .replaceWithVoid();
    }

    @Override
    public Uni<Void> admit(Envelope envelope, Admission message) {
        return call(
                        envelope,
                        "admit",
                        () -> WireFormat.admission(envelope, message),
                        CALL_TIMEOUT,
                        WireFormat::readDone)
                .replaceWithVoid();
    }

    @Override
    public Uni<PeerState> hello(Envelope envelope, boolean joining) {
        return call(
                envelope,
                "hello",
                () -> WireFormat.hello(envelope, joining),
                CALL_TIMEOUT,
                bytes -> state(envelope, bytes));
    }

    @Override
    public Uni<PeerState> form(Envelope envelope, long setId, long replaces, List<Long> incarnations) {
        return call(
                envelope,
                "form",
                () -> WireFormat.form(envelope, setId, replaces, incarnations),
                CALL_TIMEOUT,
                bytes -> state(envelope, bytes));
    }

    @Override
    public Uni<ReadReply> read(Envelope envelope, String key) {
        return call(envelope, "read", () -> WireFormat.read(envelope, key), CALL_TIMEOUT, bytes -> {
            ReadReply reply = WireFormat.readReadAnswer(bytes);
            boolean matches = reply.value() == null || reply.value().key().equals(key);
            return answers(envelope, reply.replica(), matches, reply);
        });
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

    @Override
    public Uni<StateHashes> stateHashes(Envelope envelope) {
        return call(envelope, "state-hashes", () -> WireFormat.stateHashes(envelope), CALL_TIMEOUT, bytes -> {
            StateHashes hashes = WireFormat.readStateHashesAnswer(bytes);
            return answers(envelope, hashes.replica(), true, hashes);
        });
    }

    private static PeerState state(Envelope envelope, byte[] bytes) {
        PeerState state = WireFormat.readState(bytes);
        return answers(envelope, state.replica(), true, state);
    }

    /** An answer names who gives it and to what: a proxy or an old address may lead to someone else. */
    private static <T> T answers(Envelope envelope, int from, boolean matches, T answer) {
        if (from != envelope.to()) {
            throw new PeerException("replica " + from + " answered what replica " + envelope.to() + " was asked");
        }
        if (!matches) {
            throw new PeerException("replica " + from + " answered something it was not asked");
        }
        return answer;
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
                .onItem()
                .ifNull()
                .failWith(() -> new MalformedMessageException("the answer is empty"))
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
            String answer = "replica " + to + " answered " + status(refusal);
            boolean full = refusal.getResponse().getStatus() == 507;
            return full ? new PeerException.NoSpace(answer) : new PeerException(answer);
        }
        Throwable cause = root(failure);
        // Two types of one name: the client's own, and Mutiny's, which is that of our time-outs.
        if (cause instanceof TimeoutException || cause instanceof io.smallrye.mutiny.TimeoutException) {
            return new PeerException("replica " + to + " did not answer in time");
        }
        if (cause instanceof ConnectException) {
            return new PeerException("replica " + to + " cannot be connected to");
        }
        String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new PeerException("replica " + to + " cannot be reached: " + why);
    }

    private static String status(WebApplicationException refusal) {
        int status = refusal.getResponse().getStatus();
        return switch (status) {
            case 403 -> "403: quorate.peer.secret differs";
            case 404 -> "404: it is not hosted there";
            case 409 -> "409: it is of another replica set, or its directory is another than the set knows";
            case 503 -> "503: it is not ready";
            case 507 -> "507: its disk is full";
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
