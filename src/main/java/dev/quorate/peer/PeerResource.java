package dev.quorate.peer;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.PeerException;
import dev.quorate.replica.PeerRequests;
import dev.quorate.replica.Replica;
import dev.quorate.replica.ReplicaException;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What other replicas ask of those hosted here. Closed to others by the peer secret, where one is set. */
@Path("/replicas/{id}")
@Consumes(MediaType.APPLICATION_OCTET_STREAM)
@Produces(MediaType.APPLICATION_OCTET_STREAM)
@NonBlocking
public final class PeerResource {
    private final HostedReplicas hosted;

    PeerResource(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    /** A leader's entries. */
    @POST
    @Path("append")
    public Uni<Response> append(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                bytes -> WireFormat.readAppend(bytes, hosted.entryCodec()),
                (asked, received) ->
                        asked.onAppend(received.envelope(), received.content()).map(WireFormat::appendAnswer));
    }

    /** A leader shows that it leads. */
    @POST
    @Path("heartbeat")
    public Uni<Response> heartbeat(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                WireFormat::readHeartbeat,
                (asked, received) -> asked.onHeartbeat(received.envelope(), received.content())
                        .map(WireFormat::heartbeatAnswer));
    }

    /** Somebody asks whether it would be elected. */
    @POST
    @Path("pre-vote")
    public Uni<Response> preVote(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                WireFormat::readPreVote,
                (asked, received) ->
                        asked.onPreVote(received.envelope(), received.content()).map(WireFormat::preVoteAnswer));
    }

    /** Somebody stands. */
    @POST
    @Path("vote")
    public Uni<Response> vote(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                WireFormat::readVote,
                (asked, received) ->
                        asked.onVote(received.envelope(), received.content()).map(WireFormat::voteAnswer));
    }

    /** The leader hands over. */
    @POST
    @Path("transfer")
    public Uni<Response> transfer(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                WireFormat::readTimeoutNow,
                (asked, received) -> asked.onTimeoutNow(received.envelope(), received.content())
                        .map(done -> WireFormat.done()));
    }

    /** The leader tells a joining replica that it counts. */
    @POST
    @Path("admit")
    public Uni<Response> admit(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                WireFormat::readAdmission,
                (asked, received) -> asked.onAdmission(received.envelope(), received.content())
                        .map(done -> WireFormat.done()));
    }

    /** Who is there. */
    @POST
    @Path("hello")
    public Uni<Response> hello(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                WireFormat::readHello,
                (asked, received) ->
                        asked.onHello(received.envelope(), received.content()).map(WireFormat::state));
    }

    /** A set is proposed. */
    @POST
    @Path("form")
    public Uni<Response> form(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(id, secret, body, WireFormat::readForm, (asked, received) -> {
            WireFormat.Form form = received.content();
            return asked.onForm(received.envelope(), form.setId(), form.replaces(), form.incarnations())
                    .map(WireFormat::state);
        });
    }

    /** A read that asks several. */
    @POST
    @Path("read")
    public Uni<Response> read(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                WireFormat::readRead,
                (asked, received) ->
                        asked.onRead(received.envelope(), received.content()).map(WireFormat::readAnswer));
    }

    /** A part of a snapshot, for a replica that lacks what the log no longer keeps. */
    @POST
    @Path("snapshot")
    public Uni<Response> install(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                WireFormat::readInstall,
                (asked, received) -> asked.onInstall(
                                received.envelope(),
                                received.content().request(),
                                received.content().part())
                        .map(WireFormat::installAnswer));
    }

    /** A record for a replica that is behind. */
    @POST
    @Path("repair")
    public Uni<Response> repair(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                WireFormat::readRepair,
                (asked, received) ->
                        asked.onRepair(received.envelope(), received.content()).map(WireFormat::repairAnswer));
    }

    /** Somebody compares its state with that of others. */
    @POST
    @Path("state-hashes")
    public Uni<Response> stateHashes(
            @PathParam("id") int id, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret, byte[] body) {
        return answer(
                id,
                secret,
                body,
                WireFormat::readStateHashes,
                (asked, received) -> asked.onStateHashes(received.envelope()).map(WireFormat::stateHashesAnswer));
    }

    private <T> Uni<Response> answer(
            int id,
            @Nullable String secret,
            byte @Nullable [] body,
            Function<byte[], WireFormat.Received<T>> reader,
            BiFunction<PeerRequests, WireFormat.Received<T>, Uni<byte[]>> handler) {
        if (!hosted.isOpenTo(secret)) {
            return status(403, "the peer secret is missing or wrong");
        }
        Optional<Replica> replica = hosted.hosted(id);
        if (replica.isEmpty()) {
            return status(404, "replica " + id + " is not hosted here");
        }
        WireFormat.Received<T> received;
        try {
            received = reader.apply(body == null ? new byte[0] : body);
        } catch (MalformedMessageException e) {
            return status(400, e.getMessage());
        }
        int to = received.envelope().to();
        if (to != id) {
            return status(400, "the message is for replica " + to + ", not for replica " + id);
        }
        return handler.apply(replica.get().fromPeers(), received)
                .map(bytes -> Response.ok(bytes).build())
                .onFailure(PeerException.class)
                .recoverWithUni(refusal -> status(409, refusal.getMessage()))
                .onFailure(ReplicaException.NoSpace.class)
                .recoverWithUni(refusal -> status(507, refusal.getMessage()))
                .onFailure(ReplicaException.class)
                .recoverWithUni(refusal -> status(503, refusal.getMessage()));
    }

    private static Uni<Response> status(int status, @Nullable String detail) {
        return Uni.createFrom()
                .item(Response.status(status)
                        .type(MediaType.TEXT_PLAIN_TYPE)
                        .entity(detail)
                        .build());
    }
}
