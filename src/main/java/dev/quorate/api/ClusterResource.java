package dev.quorate.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Replica;
import dev.quorate.replica.ReplicaStatus;
import dev.quorate.replica.SnapshotStatus;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The set as the replica asked sees it. */
@Path("cluster")
@Produces({MediaType.APPLICATION_JSON, Problem.MEDIA_TYPE})
public final class ClusterResource {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HostedReplicas hosted;
    private final Forwarder forwarder;
    private final Bodies bodies;

    ClusterResource(HostedReplicas hosted, Forwarder forwarder, Bodies bodies) {
        this.bodies = bodies;
        this.hosted = hosted;
        this.forwarder = forwarder;
    }

    /** Who leads now. */
    public record Leader(int leader) {}

    /**
     * The set.
     *
     * @param replicaSet its name
     * @param setId its id; empty until it is formed
     * @param self the replica asked
     * @param leader who leads; null while nobody is known to
     * @param term the term of the replica asked
     * @param sync {@code always} or {@code interval}
     * @param failureDomains how many machines, at most, can fail apart
     * @param replicas each of them, in id order
     */
    public record Cluster(
            String replicaSet,
            String setId,
            int self,
            @Nullable Integer leader,
            long term,
            String sync,
            int failureDomains,
            List<Member> replicas) {}

    /**
     * One replica; see {@link ReplicaStatus}.
     *
     * @param role {@code leader}, {@code follower}, {@code pre-candidate} or {@code candidate}
     * @param why what keeps it from serving, as far as the process asked knows; null if nothing does
     * @param snapshot its snapshots; null where another process hosts it
     */
    public record Member(
            int id,
            String url,
            String role,
            String state,
            @Nullable String why,
            boolean reachable,
            long lastIndex,
            long commitIndex,
            long appliedIndex,
            long lagEntries,
            long lagMillis,
            @Nullable Snapshot snapshot) {}

    /**
     * The snapshots of one replica; see {@link SnapshotStatus}.
     *
     * @param index of the newest that is durable; 0 while there is none
     * @param bytes its size
     * @param at when it was begun; null while there is none
     * @param state {@code none}, {@code receiving}, {@code writing}, {@code written} or {@code failed}
     * @param writing index of the one being written; null for none
     * @param receiving index of the one that the leader sends; null for none
     * @param progress how much of the one received or written is there, 0..100; null for none
     * @param failure why the last attempt failed; null if it did not
     * @param firstIndex first entry that the log still keeps
     */
    public record Snapshot(
            long index,
            long bytes,
            @Nullable String at,
            String state,
            @Nullable Long writing,
            @Nullable Long receiving,
            @Nullable Integer progress,
            @Nullable String failure,
            long firstIndex) {
        static Snapshot of(SnapshotStatus status) {
            boolean writing = status.writingIndex() > 0;
            boolean receiving = status.receivingIndex() > 0;
            return new Snapshot(
                    status.index(),
                    status.sizeBytes(),
                    status.index() == 0 ? null : Times.iso(status.writtenAtMs()),
                    status.state(),
                    writing ? status.writingIndex() : null,
                    receiving ? status.receivingIndex() : null,
                    writing || receiving ? status.percent() : null,
                    status.failure(),
                    status.firstIndex());
        }
    }

    /** The snapshots asked for, one a replica. */
    public record Snapshots(List<Taken> snapshots) {}

    /** One replica's. */
    public record Taken(int replica, Snapshot snapshot) {}

    /** The set now. */
    @GET
    @NonBlocking
    public Cluster cluster() {
        Replica asked = hosted.asked();
        OptionalInt leader = hosted.leader();
        return new Cluster(
                hosted.replicaSet(),
                hosted.setId(),
                asked.id(),
                leader.isPresent() ? leader.getAsInt() : null,
                asked.term(),
                hosted.sync(),
                hosted.failureDomains(),
                hosted.status().stream().map(ClusterResource::member).toList());
    }

    /** Hands leadership over; answered when it is done. */
    @POST
    @Path("leader")
    @Consumes(MediaType.APPLICATION_JSON)
    public Uni<Response> transfer(
            @Context HttpServerRequest request, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        return bodies.read(request).chain(body -> {
            int target = target(body);
            int elsewhere = forwarder.leaderElsewhere();
            return elsewhere >= 0
                    ? forwarder.transfer(elsewhere, body, forwardedBy)
                    : hosted.asked().transferLeadership(target).map(leader -> led(leader, target));
        });
    }

    /** Has the replicas that this process hosts write a snapshot. */
    @POST
    @Path("snapshot")
    public Uni<Response> snapshot(@Context HttpServerRequest request) {
        OptionalInt one = HostedHere.asked(Query.of(request.query()), hosted);
        List<Uni<Taken>> begun = hosted.hosted().stream()
                .filter(replica -> one.isEmpty() || one.getAsInt() == replica.id())
                .map(replica ->
                        replica.snapshots().request().map(status -> new Taken(replica.id(), Snapshot.of(status))))
                .toList();
        return Uni.join()
                .all(begun)
                .andFailFast()
                .map(taken -> Response.accepted(new Snapshots(taken))
                        .location(URI.create("/cluster"))
                        .build());
    }

    private int target(byte[] body) {
        JsonNode replica;
        try {
            JsonNode tree = JSON.readTree(body);
            replica = tree == null ? MissingNode.getInstance() : tree.path("replica");
        } catch (IOException e) {
            throw Problem.badRequest("body", "must be JSON, {\"replica\":1}");
        }
        if (!replica.isInt() || replica.intValue() < 0 || replica.intValue() >= hosted.replicas()) {
            throw Problem.badRequest("replica", "must be 0.." + (hosted.replicas() - 1))
                    .with("replicas", hosted.replicas());
        }
        return replica.intValue();
    }

    private static Response led(int leader, int target) {
        if (leader != target) {
            throw Problem.unavailable("replica " + leader + " was elected instead", "none")
                    .with("leader", leader);
        }
        return Response.ok(new Leader(leader)).build();
    }

    private static Member member(ReplicaStatus status) {
        SnapshotStatus snapshot = status.snapshot();
        return new Member(
                status.id(),
                status.url(),
                status.role().label(),
                status.state(),
                status.why(),
                status.reachable(),
                status.lastIndex(),
                status.commitIndex(),
                status.appliedIndex(),
                status.lagEntries(),
                status.lagMillis(),
                snapshot == null ? null : Snapshot.of(snapshot));
    }
}
