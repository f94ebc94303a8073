package dev.quorate.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /**
     * Checks one.
     *
     * @throws Problem 400 that names the member, 413 for too many operations, a large value or a large whole
     */
    static KvBatch of(byte[] body, HttpServerRequest request, HostedReplicas hosted) {
        WriteTerms terms = WriteTerms.of(request, Query.of(request.query()), hosted);
        return new KvBatch(operations(body, hosted), terms, body);
    }

    /**
     * Reads a body as far as it can be taken, token by token: a tree of all of it, with many operations too many, would
     * take many times what the body takes.
     *
     * @throws Problem as of {@link #of}
     */
    static List<WriteOperation> operations(byte[] body, HostedReplicas hosted) {
        return new Reader(hosted).read(body);
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
            try (JsonParser parser = JSON.createParser(body)) {
                return document(parser);
            } catch (JsonProcessingException e) {
                throw noBatch(); // its own message tells classes and repeats the input
            } catch (IOException e) {
                throw Problem.badRequest("body", "is not UTF-8");
            }
        }

        private static Problem noBatch() {
            return Problem.badRequest("body", "must be a JSON object with operations, and nothing else");
        }

        private List<WriteOperation> document(JsonParser parser) throws IOException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw noBatch();
            }
            List<WriteOperation> read = new ArrayList<>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                if (!parser.currentName().equals("operations")) {
                    throw noBatch();
                }
                readOperations(parser, read);
            }
            if (parser.nextToken() != null) {
                throw noBatch();
            }
            if (read.isEmpty()) {
                throw noOperations();
            }
            return read;
        }

        private static Problem noOperations() {
            return Problem.badRequest("operations", "must be a list with 1 operation or more");
        }

        private void readOperations(JsonParser parser, List<WriteOperation> read) throws IOException {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                throw noOperations();
            }
            for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                if (read.size() == hosted.batchSize()) {
                    throw Problem.tooMany("operations", read.size() + 1L, hosted.batchSize());
                }
                at = "operations[" + read.size() + "]";
                read.add(operation(members(token, parser)));
            }
        }

        /** Of one operation; none of what is no object. */
        private Map<String, String> members(JsonToken first, JsonParser parser) throws IOException {
            Map<String, String> members = new HashMap<>();
            while (first == JsonToken.START_OBJECT && parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (!OF_A_PUT.contains(name) && !OF_A_DELETE.contains(name)) {
                    throw Problem.badRequest(at, "must not have " + name);
                }
                if (parser.nextToken() != JsonToken.VALUE_STRING) {
                    throw Problem.badRequest(at + "." + name, "must be a string");
                }
                members.put(name, parser.getText());
            }
            return members;
        }

        private WriteOperation operation(Map<String, String> operation) {
            boolean put = operation.containsKey("put");
            String kind = put ? "put" : "delete";
            String key = operation.get(kind);
            if (key == null) {
                throw Problem.badRequest(at, "must have put or delete, the key");
            }
            checkMembers(operation, put ? OF_A_PUT : OF_A_DELETE);
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
                    ContentTypes.check(at + ".contentType", operation.get("contentType")),
                    ttl(operation),
                    precondition);
        }

        private void checkMembers(Map<String, String> operation, Set<String> known) {
            for (String name : operation.keySet()) {
                if (!known.contains(name)) {
                    throw Problem.badRequest(at, "must not have " + name);
                }
            }
        }

        private byte[] value(Map<String, String> operation) {
            String text = operation.get("value");
            String base64 = operation.get("valueBase64");
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

        private Duration ttl(Map<String, String> operation) {
            String text = operation.get("ttl");
            return text == null ? Duration.ZERO : Query.ttl(at + ".ttl", text);
        }

        private Precondition.@Nullable Versions versions(Map<String, String> operation, String name) {
            String text = operation.get(name);
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
    }
}
