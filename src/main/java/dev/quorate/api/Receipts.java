package dev.quorate.api;

import dev.quorate.protocol.Role;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Receipt;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Receipts of the resource API: what an acknowledged write is worth, as of the moment it is answered. */
final class Receipts {
    /** Says that an earlier try did the write. */
    static final String REPLAYED = "Idempotency-Replayed";

    private Receipts() {}

    /**
     * 200, or 201 where the key was not there, with the receipt.
     *
     * @param key what was written; null of a batch
     */
    static Response of(
            Receipt receipt, @Nullable String key, int leader, HostedReplicas hosted, HttpServerResponse http) {
        Map<String, Object> document = new LinkedHashMap<>();
        if (key != null) {
            document.put("key", key);
        }
        document.put("version", receipt.version().toString());
        document.put("required", receipt.required());
        document.put("acknowledgedBy", receipt.acknowledgedBy());
        document.put("committed", receipt.committed());
        document.put("survives", survives(receipt, hosted));
        document.put("survivesReplicasLost", replicasLost(receipt));
        document.put("failureDomains", hosted.failureDomains());
        String version = receipt.version().toString();
        if (key != null) {
            http.putHeader(HttpHeaders.ETAG, "\"" + version + "\"");
        }
        http.putHeader(Answers.REPLICA, Integer.toString(leader))
                .putHeader(Answers.ROLE, Role.LEADER.label())
                .putHeader(Answers.POSITION, version)
                .putHeader(Answers.COMMITTED, receipt.committed());
        if (receipt.replayed()) {
            http.putHeader(REPLAYED, "true");
        }
        return Response.status(receipt.created() ? 201 : 200)
                .entity(Problem.json(document))
                .type(MediaType.APPLICATION_JSON_TYPE)
                .build();
    }

    /** How many replicas can be lost for good, any of them, and it is still there. */
    private static int replicasLost(Receipt receipt) {
        boolean safe = !receipt.committed().equals("false");
        return safe ? Math.max(0, receipt.acknowledgedBy().size() - 1) : 0;
    }

    /** The table of protocol.md §3, in words. */
    private static String survives(Receipt receipt, HostedReplicas hosted) {
        int lost = replicasLost(receipt);
        String loss =
                lost == 0 ? "" : ", and any " + (lost == 1 ? "one replica" : lost + " replicas") + " lost for good";
        StringBuilder survives = new StringBuilder(
                switch (receipt.committed()) {
                    case Receipt.LEADER_ONLY -> "restarts of the leader, which nobody replaces" + loss;
                    case "true" -> "any failover" + loss;
                    default -> "a restart of the leader that no election overtakes";
                });
        if (hosted.failureDomains() == 1 && hosted.replicas() > 1) {
            survives.append("; all replicas share a machine");
        }
        if (!hosted.sync().equals("always")) {
            survives.append("; but no power failure, as sync is interval");
        }
        return survives.toString();
    }
}
