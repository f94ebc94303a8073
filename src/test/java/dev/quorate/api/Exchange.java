package dev.quorate.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quorate.api.Contract.Call;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A request and its answer, to be held against the {@link Contract}.
 *
 * @param query not decoded; null without one
 * @param sent the request's headers
 * @param type the answer's content type; null without one
 * @param headers the answer's, by name
 * @param body the answer's; null where it is a stream
 */
@SuppressWarnings("ArrayRecordComponent") // looked at once, never compared
record Exchange(
        Contract contract,
        String method,
        String path,
        @Nullable String query,
        Map<String, List<String>> sent,
        int status,
        @Nullable String type,
        Map<String, List<String>> headers,
        byte @Nullable [] body) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Of HTTP itself: they say how the bytes come, and nothing of the call. */
    private static final Set<String> OF_THE_TRANSPORT =
            Set.of("content-type", "content-length", "transfer-encoding", "connection", "keep-alive", "date");

    /** Between replicas only: no client sends them. */
    private static final Set<String> BETWEEN_REPLICAS = Set.of("quorate-forwarded", "quorate-time-left");

    /** Whether the document has nothing to say of it: what replicas ask each other, and pages of the platform. */
    boolean isPrivate() {
        return path.startsWith("/replicas/")
                || (path.startsWith("/q/") && contract.at(path).isEmpty())
                || method.equals("OPTIONS");
    }

    /** The call that was answered; HEAD is a GET whose body is left out. */
    Optional<Call> call() {
        String wanted = method.toLowerCase(Locale.ROOT);
        return contract.at(path).stream()
                .filter(call -> call.method().equals(wanted)
                        || (wanted.equals("head") && call.method().equals("get")))
                .findFirst();
    }

    /** What the document has against it; empty if nothing. */
    List<String> offences() {
        Optional<Call> call = call();
        if (call.isEmpty()) {
            String name = contract.at(path).isEmpty() ? "NoSuchPath" : "MethodNotAllowed";
            int expected = contract.at(path).isEmpty() ? 404 : 405;
            JsonNode response =
                    contract.document().path("components").path("responses").path(name);
            List<String> offences = answer(response);
            if (status != expected) {
                offences.add("not in the document, and answered with " + status);
            }
            return offences;
        }
        JsonNode response =
                contract.resolved(call.get().node().path("responses").path(Integer.toString(status)));
        if (response.isMissingNode()) {
            return List.of("the status is not declared");
        }
        List<String> offences = answer(response);
        if (status < 400) {
            request(call.get(), offences);
        }
        return offences;
    }

    private List<String> answer(JsonNode response) {
        List<String> offences = new ArrayList<>();
        headers(response.path("headers"), offences);
        byte[] bytes = body;
        if (method.equals("HEAD") || response.path("content").isMissingNode()) {
            if (bytes != null && bytes.length > 0) {
                offences.add("has a body, and none is declared");
            }
            return offences;
        }
        String mediaType =
                type == null ? "" : type.replaceFirst(";.*", "").trim().toLowerCase(Locale.ROOT);
        JsonNode content = response.path("content").path(mediaType);
        if (content.isMissingNode()) {
            content = response.path("content").path("*/*");
        }
        if (content.isMissingNode()) {
            offences.add("the content type " + type + " is not declared");
        } else if (mediaType.endsWith("json") && !content.path("schema").isEmpty() && bytes != null) {
            document(content, bytes, offences);
        }
        return offences;
    }

    private void headers(JsonNode declared, List<String> offences) {
        Map<String, JsonNode> known = new TreeMap<>();
        declared.properties()
                .forEach(header ->
                        known.put(header.getKey().toLowerCase(Locale.ROOT), contract.resolved(header.getValue())));
        Set<String> present = new TreeSet<>();
        headers.forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            present.add(lower);
            JsonNode header = known.get(lower);
            if (header != null) {
                values.forEach(value -> contract.offences(header.path("schema"), value)
                        .forEach(offence -> offences.add("header " + name + ": " + offence)));
            } else if (!OF_THE_TRANSPORT.contains(lower)) {
                offences.add("the header " + name + " is not declared");
            }
        });
        known.forEach((name, header) -> {
            if (header.path("required").asBoolean() && !present.contains(name)) {
                offences.add("the header " + name + " is missing");
            }
        });
    }

    private void document(JsonNode content, byte[] bytes, List<String> offences) {
        try {
            JsonNode tree = JSON.readTree(bytes);
            contract.offences(content.path("schema"), tree).forEach(offence -> offences.add("body: " + offence));
            if (status >= 400 && tree.has("type")) {
                Set<String> types = new TreeSet<>();
                content.path("examples")
                        .forEach(example -> types.add(contract.resolved(example)
                                .path("value")
                                .path("type")
                                .asText()));
                if (!types.contains(tree.path("type").asText())) {
                    offences.add("a problem of another type than " + types);
                }
            }
        } catch (IOException e) {
            offences.add("the body is no JSON");
        }
    }

    /** What was done as asked was asked in declared words. */
    private void request(Call call, List<String> offences) {
        Map<String, JsonNode> parameters = contract.parameters(call);
        for (String pair : query == null || query.isEmpty() ? List.<String>of() : List.of(query.split("&", -1))) {
            String name = pair.replaceFirst("=.*", "");
            parameter(parameters.get("query:" + name), name, Query.of(pair).optional(name), offences);
        }
        sent.forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            boolean ours = lower.startsWith("quorate-") || lower.startsWith("if-") || lower.startsWith("idempotency-");
            if (ours && !BETWEEN_REPLICAS.contains(lower)) {
                values.forEach(value -> parameter(parameters.get("header:" + lower), name, value, offences));
            }
        });
    }

    private void parameter(@Nullable JsonNode declared, String name, @Nullable String value, List<String> offences) {
        if (declared == null) {
            offences.add("the parameter " + name + " was taken and is not declared");
        } else {
            contract.offences(declared.path("schema"), value == null ? "" : value)
                    .forEach(offence -> offences.add("parameter " + name + ": " + offence));
        }
    }

    @Override
    public String toString() {
        String shown = body == null ? "(a stream)" : new String(body, StandardCharsets.UTF_8);
        return method + " " + path + (query == null ? "" : "?" + query) + " -> " + status + " " + headers + " "
                + shown.substring(0, Math.min(2_000, shown.length()));
    }
}
