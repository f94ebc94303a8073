package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Replica;
import dev.quorate.replica.ReplicaStatus;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.OptionalInt;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The set as the replica asked sees it. */
@Path("cluster")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "cluster", description = "The replica set")
public final class ClusterResource {
    private final HostedReplicas hosted;

    ClusterResource(HostedReplicas hosted) {
        this.hosted = hosted;
    }

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
     * @param role {@code leader} or {@code follower}
     */
    public record Member(
            int id,
            String url,
            String role,
            String state,
            boolean reachable,
            long lastIndex,
            long commitIndex,
            long appliedIndex,
            long lagEntries,
            long lagMillis) {}

    /** The set now. */
    @GET
    @NonBlocking
    @Operation(summary = "The replica set as the replica asked sees it")
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

    private static Member member(ReplicaStatus status) {
        return new Member(
                status.id(),
                status.url(),
                status.role().label(),
                status.state(),
                status.reachable(),
                status.lastIndex(),
                status.commitIndex(),
                status.appliedIndex(),
                status.lagEntries(),
                status.lagMillis());
    }
}
