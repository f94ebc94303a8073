package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReplicaStatus;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** The replica set as the replica asked sees it. */
@Path("/cluster")
@Produces(MediaType.APPLICATION_JSON)
@NonBlocking
public final class ClusterResource {
    private final HostedReplicas hosted;

    ClusterResource(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    /** Who leads, and how far each replica is. */
    @GET
    @Operation(summary = "The replica set as the replica asked sees it")
    public Map<String, @Nullable Object> cluster() {
        Map<String, @Nullable Object> cluster = new LinkedHashMap<>();
        cluster.put("replicaSet", hosted.replicaSet());
        cluster.put("setId", hosted.setId());
        cluster.put("self", hosted.asked().id());
        cluster.put("leader", hosted.leader().isPresent() ? hosted.leader().getAsInt() : null);
        cluster.put("term", hosted.asked().term());
        cluster.put("sync", hosted.sync());
        cluster.put("failureDomains", hosted.failureDomains());
        List<Map<String, Object>> replicas = new ArrayList<>();
        hosted.status().forEach(status -> replicas.add(line(status)));
        cluster.put("replicas", replicas);
        return cluster;
    }

    private static Map<String, Object> line(ReplicaStatus status) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("id", status.id());
        line.put("url", status.url());
        line.put("role", status.role().label());
        line.put("state", status.state());
        line.put("reachable", status.reachable());
        line.put("lastIndex", status.lastIndex());
        line.put("commitIndex", status.commitIndex());
        line.put("appliedIndex", status.appliedIndex());
        line.put("lagEntries", status.lagEntries());
        line.put("lagMillis", status.lagMillis());
        return line;
    }
}
