package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.protocol.Quorum;
import dev.quorate.protocol.Role;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReadResult;
import dev.quorate.replica.Receipt;
import dev.quorate.replica.StoredValue;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;

/** Results of a replica as HTTP answers, with the headers that every one of them has. */
final class Answers {
    static final String REPLICA = "Quorate-Replica";
    static final String ROLE = "Quorate-Role";
    static final String POSITION = "Quorate-Position";
    static final String COMMITTED = "Quorate-Committed";

    private Answers() {}

    /** 200 with the record, or 404. */
    static Response of(ReadResult result, String key) {
        StoredValue stored = result.value();
        if (stored == null) {
            return Problem.of(
                            404,
                            "no-such-key",
                            "There is no such key",
                            "replica " + result.replica() + " has no " + key)
                    .header(REPLICA, Integer.toString(result.replica()))
                    .header(ROLE, result.role().label())
                    .header(POSITION, result.position().toString())
                    .response();
        }
        return Response.ok(RecordJson.of(stored), MediaType.APPLICATION_JSON_TYPE)
                .header(HttpHeaders.ETAG, etag(stored.version()))
                .header(HttpHeaders.LAST_MODIFIED, Times.http(stored.timestampMs()))
                .header(REPLICA, result.replica())
                .header(ROLE, result.role().label())
                .header(POSITION, result.position())
                .header(COMMITTED, result.committed())
                .build();
    }

    /** 200 with the bytes of the value under the content type that they came with, or 404. */
    static Response raw(ReadResult result, String key) {
        StoredValue stored = result.value();
        if (stored == null) {
            return of(result, key);
        }
        String type = stored.contentType() == null ? MediaType.APPLICATION_OCTET_STREAM : stored.contentType();
        return Response.ok(stored.value())
                .header(HttpHeaders.CONTENT_TYPE, type)
                .header(HttpHeaders.ETAG, etag(stored.version()))
                .header(HttpHeaders.LAST_MODIFIED, Times.http(stored.timestampMs()))
                .header(REPLICA, result.replica())
                .header(ROLE, result.role().label())
                .header(POSITION, result.position())
                .header(COMMITTED, result.committed())
                .build();
    }

    /** 204: the write is acknowledged. */
    static Response of(Receipt receipt, int leader) {
        return Response.noContent()
                .header(HttpHeaders.ETAG, etag(receipt.version()))
                .header(REPLICA, leader)
                .header(ROLE, Role.LEADER.label())
                .header(POSITION, receipt.version())
                .header(COMMITTED, receipt.committed())
                .build();
    }

    /** 200 with the receipt: what the acknowledged write is worth. */
    static Response withReceipt(Receipt receipt, String key, int leader, HostedReplicas hosted) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("key", key);
        document.put("version", receipt.version().toString());
        document.put("required", receipt.required());
        document.put("acknowledgedBy", receipt.acknowledgedBy());
        document.put("committed", receipt.committed());
        document.put("survives", survives(receipt.required(), hosted));
        document.put("failureDomains", hosted.failureDomains());
        return Response.fromResponse(of(receipt, leader))
                .status(Response.Status.OK)
                .entity(Problem.json(document))
                .type(MediaType.APPLICATION_JSON_TYPE)
                .build();
    }

    /** The table of protocol.md §3, in words. */
    private static String survives(int required, HostedReplicas hosted) {
        String survives = required < Quorum.majority(hosted.replicas())
                ? "a restart of the leader that no election overtakes"
                : "any failover, and the loss of " + (required - 1) + " disks";
        return hosted.sync().equals("always") ? survives : survives + "; but no power failure, as sync is interval";
    }

    private static String etag(Position version) {
        return "\"" + version + "\"";
    }
}
