package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.protocol.Role;
import dev.quorate.replica.ReadResult;
import dev.quorate.replica.Receipt;
import dev.quorate.replica.StoredValue;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

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

    private static String etag(Position version) {
        return "\"" + version + "\"";
    }
}
