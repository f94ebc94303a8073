package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.protocol.Role;
import dev.quorate.replica.KeyPage;
import dev.quorate.replica.ReadResult;
import dev.quorate.replica.Receipt;
import dev.quorate.replica.StoredValue;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results of a replica as HTTP answers, with the headers that every one of them has. */
final class Answers {
    static final String REPLICA = "Quorate-Replica";
    static final String ROLE = "Quorate-Role";
    static final String POSITION = "Quorate-Position";
    static final String COMMITTED = "Quorate-Committed";
    static final String STALENESS = "Quorate-Staleness";

    /** A cache may keep an answer, and has to ask each time whether it still holds: that is what the level promises. */
    private static final String REVALIDATED = "no-cache";

    private Answers() {}

    /** 200 with the record, or 404. */
    static Response of(ReadResult result, String key, HttpServerResponse http) {
        StoredValue stored = result.value();
        if (stored == null) {
            return absent(result, key);
        }
        head(result, stored, http);
        return Response.ok(RecordJson.of(stored), MediaType.APPLICATION_JSON_TYPE)
                .build();
    }

    /**
     * 200 with the bytes of the value under the content type that they came with, or 404; where the read has conditions,
     * 412 if the value is none that {@code If-Match} lists, 304 if it is one that {@code If-None-Match} lists (RFC 9110
     * §13.2.2).
     */
    static Response raw(ReadResult result, KvRead read, HttpServerResponse http) {
        StoredValue stored = result.value();
        if (stored == null) {
            return absent(result, read.key());
        }
        EntityTags wanted = read.ifMatch();
        EntityTags known = read.ifNoneMatch();
        if (wanted != null && !wanted.matchesStrongly(stored.version())) {
            return about(
                            result,
                            Problem.of(
                                    ProblemType.PRECONDITION_FAILED,
                                    "the version of " + read.key() + " is " + stored.version()))
                    .with("version", stored.version().toString())
                    .header(HttpHeaders.ETAG, etag(stored.version()))
                    .response();
        }
        if (known != null && known.matchesWeakly(stored.version())) {
            head(http, stored.version(), result.replica(), result.role(), result.position(), result.committed());
            fresh(result, http);
            return Response.notModified().build();
        }
        head(result, stored, http);
        String type = stored.contentType() == null ? MediaType.APPLICATION_OCTET_STREAM : stored.contentType();
        return Response.ok(stored.value())
                .header(HttpHeaders.CONTENT_TYPE, type)
                .build();
    }

    /**
     * 200 with a page of keys; the first one says where to watch from.
     *
     * @param values whether values are shown, or keys and versions only
     */
    static Response page(KeyPage page, boolean first, boolean values, HttpServerResponse http) {
        List<Map<String, Object>> records = new ArrayList<>(page.records().size());
        for (StoredValue stored : page.records()) {
            Map<String, Object> record = new LinkedHashMap<>();
            record.put("key", stored.key());
            record.put("version", stored.version().toString());
            if (values) {
                RecordJson.value(stored, record);
            }
            records.add(record);
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("records", records);
        if (page.next() != null) {
            document.put("next", page.next());
        }
        if (first) {
            document.put("watchFrom", page.watchFrom().toString());
        }
        ReadResult read = page.read();
        served(http, read.replica(), read.role(), read.position(), read.committed());
        fresh(read, http);
        return Response.ok(Problem.json(document), MediaType.APPLICATION_JSON_TYPE)
                .build();
    }

    private static Response absent(ReadResult result, String key) {
        String detail = "replica " + result.replica() + " has no " + key;
        return about(result, Problem.of(ProblemType.NO_SUCH_KEY, detail)).response();
    }

    /** A refusal that a read led to says who served it, as an answer does. */
    private static Problem about(ReadResult result, Problem problem) {
        problem.header(REPLICA, Integer.toString(result.replica()))
                .header(ROLE, result.role().label())
                .header(POSITION, result.position().toString())
                .header(COMMITTED, result.committed())
                .header(HttpHeaders.CACHE_CONTROL, REVALIDATED);
        return result.stalenessMs() < 0 ? problem : problem.header(STALENESS, Long.toString(result.stalenessMs()));
    }

    private static void head(ReadResult result, StoredValue stored, HttpServerResponse http) {
        head(http, stored.version(), result.replica(), result.role(), result.position(), result.committed());
        http.putHeader(HttpHeaders.LAST_MODIFIED, Times.http(stored.timestampMs()));
        fresh(result, http);
    }

    private static void fresh(ReadResult result, HttpServerResponse http) {
        http.putHeader(HttpHeaders.CACHE_CONTROL, REVALIDATED);
        if (result.stalenessMs() >= 0) {
            http.putHeader(STALENESS, Long.toString(result.stalenessMs()));
        }
    }

    /**
     * On the platform's response, not on JAX-RS's: that one keeps headers in trees that compare without case, which a
     * profile of reads showed.
     */
    private static void head(
            HttpServerResponse http, Position version, int replica, Role role, Position position, String committed) {
        http.putHeader(HttpHeaders.ETAG, etag(version));
        served(http, replica, role, position, committed);
    }

    private static void served(HttpServerResponse http, int replica, Role role, Position position, String committed) {
        http.putHeader(REPLICA, Integer.toString(replica))
                .putHeader(ROLE, role.label())
                .putHeader(POSITION, position.toString())
                .putHeader(COMMITTED, committed);
    }

    /** 204: the write is acknowledged. */
    static Response of(Receipt receipt, int leader, HttpServerResponse http) {
        head(http, receipt.version(), leader, Role.LEADER, receipt.version(), receipt.committed());
        return Response.noContent().build();
    }

    private static String etag(Position version) {
        return "\"" + version + "\"";
    }
}
