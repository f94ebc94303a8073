package dev.quorate.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Precondition;
import dev.quorate.replica.WriteOperation;
import dev.quorate.replica.WriteRequest;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A batch, checked: {@code {"operations": [{"put": key, "value" or "valueBase64", "contentType", "ttl", "ifMatch",
 * "ifNoneMatch"}, {"delete": key, "ifMatch", "ifNoneMatch"}]}}. Read strictly: a member that is not known is refused,
 * since a precondition with a typing error would else be none.
 *
 * @param body as it came, to be passed on
 */
@SuppressWarnings("ArrayRecordComponent") // handed on at once, never compared
record KvBatch(List<WriteOperation> operations, WriteTerms terms, byte[] body) {
    /** Keys and values of one entry; it goes to followers in one request, whose size is limited. */
    private static final long MOST_BYTES = 4 << 20;

    private static final Set<String> OF_A_PUT =
            Set.of("put", "value", "valueBase64", "contentType", "ttl", "ifMatch", "ifNoneMatch");
    private static final Set<String> OF_A_DELETE = Set.of("delete", "ifMatch", "ifNoneMatch");

    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /**
     * Checks one.
     *
     * @throws Problem 400 that names the member, 413 for too many operations, a large value or a large whole
     */
    static KvBatch of(byte[] body, HttpServerRequest request, HostedReplicas hosted) {
        WriteTerms terms = WriteTerms.of(request, Query.of(request.query()), hosted);
        return new KvBatch(new Reader(hosted).read(body), terms, body);
    }

    /** The same with that time-out. */
    KvBatch within(Duration left) {
        return new KvBatch(operations, terms.within(left), body);
    }

    WriteRequest request() {
        return new WriteRequest(operations, true, terms.idempotencyKey(), terms.concern(), terms.timeout());
    }

    private static final class Reader {
        private final HostedReplicas hosted;
        private final Set<String> keys = new HashSet<>();
        private String at = "operations";
        private long totalBytes;

        Reader(HostedReplicas hosted) {
            this.hosted = hosted;
        }

        List<WriteOperation> read(byte[] body) {
            JsonNode operations = tree(body).path("operations");
            if (!operations.isArray() || operations.isEmpty()) {
                throw Problem.badRequest("operations", "must be a list with 1 operation or more");
            }
            if (operations.size() > hosted.batchSize()) {
                throw Problem.tooMany("operations", operations.size(), hosted.batchSize());
            }
            List<WriteOperation> read = new ArrayList<>(operations.size());
            for (JsonNode operation : operations) {
                at = "operations[" + read.size() + "]";
                read.add(operation(operation));
            }
            return read;
        }

        private JsonNode tree(byte[] body) {
            try {
                JsonNode tree = JSON.readTree(body);
                if (tree.isObject() && tree.size() <= 1) {
                    return tree;
                }
            } catch (JsonProcessingException e) {
                // told below: its own message tells classes and repeats the input
            } catch (IOException e) {
                throw Problem.badRequest("body", "is not UTF-8");
            }
            throw Problem.badRequest("body", "must be a JSON object with operations, and nothing else");
        }

        private WriteOperation operation(JsonNode operation) {
            boolean put = operation.has("put");
            String kind = put ? "put" : "delete";
            checkMembers(operation, put ? OF_A_PUT : OF_A_DELETE);
            String key = required(operation, kind);
            try {
                Keys.check(key, hosted.keySizeBytes());
            } catch (Problem e) {
                throw Problem.badRequest(at + "." + kind, String.valueOf(e.getMessage()));
            }
            if (!keys.add(key)) {
                throw Problem.badRequest(at + "." + kind, "is a key of an operation before");
            }
            byte[] value = put ? value(operation) : null;
            totalBytes += key.length() + (value == null ? 0L : value.length);
            if (totalBytes > MOST_BYTES) {
                throw Problem.tooLarge("operations", totalBytes, MOST_BYTES);
            }
            Precondition precondition =
                    new Precondition(versions(operation, "ifMatch"), versions(operation, "ifNoneMatch"));
            return new WriteOperation(
                    key,
                    value,
                    ContentTypes.check(at + ".contentType", optional(operation, "contentType")),
                    ttl(operation),
                    precondition);
        }

        private void checkMembers(JsonNode operation, Set<String> known) {
            for (Iterator<String> names = operation.fieldNames(); names.hasNext(); ) {
                String name = names.next();
                if (!known.contains(name)) {
                    throw Problem.badRequest(at, "must not have " + name);
                }
            }
        }

        private byte[] value(JsonNode operation) {
            String text = optional(operation, "value");
            String base64 = optional(operation, "valueBase64");
            if ((text == null) == (base64 == null)) {
                throw Problem.badRequest(at, "must have either value or valueBase64");
            }
            byte[] value = text != null ? utf8(text) : decoded(base64 == null ? "" : base64);
            if (value.length > hosted.valueSizeBytes()) {
                throw Problem.tooLarge(at, value.length, hosted.valueSizeBytes());
            }
            return value;
        }

        private byte[] utf8(String text) {
            if (Utf8.lengthBytes(text) < 0) {
                throw Problem.badRequest(at + ".value", "must be Unicode text; it has half of a surrogate pair");
            }
            return text.getBytes(StandardCharsets.UTF_8);
        }

        private byte[] decoded(String base64) {
            try {
                return Base64.getDecoder().decode(base64);
            } catch (IllegalArgumentException e) {
                throw Problem.badRequest(at + ".valueBase64", "must be base64 (RFC 4648 §4)");
            }
        }

        private Duration ttl(JsonNode operation) {
            String text = optional(operation, "ttl");
            return text == null ? Duration.ZERO : Query.ttl(at + ".ttl", text);
        }

        private Precondition.@Nullable Versions versions(JsonNode operation, String name) {
            String text = optional(operation, name);
            if (text == null) {
                return null;
            }
            if (text.equals("*")) {
                return new Precondition.Versions(true, List.of());
            }
            try {
                return new Precondition.Versions(false, List.of(Position.parse(text)));
            } catch (IllegalArgumentException e) {
                throw Problem.badRequest(at + "." + name, "must be * or a version such as 3.42");
            }
        }

        private String required(JsonNode operation, String name) {
            String text = optional(operation, name);
            if (text == null) {
                throw Problem.badRequest(at, "must have put or delete, the key");
            }
            return text;
        }

        private @Nullable String optional(JsonNode operation, String name) {
            JsonNode member = operation.get(name);
            if (member == null) {
                return null;
            }
            if (!member.isTextual()) {
                throw Problem.badRequest(at + "." + name, "must be a string");
            }
            return member.textValue();
        }
    }
}
