package dev.quorate.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code META-INF/openapi.yaml}, and what it allows. Here its schemas are closed: a client must bear members that it does
 * not know, but none is sent that the document does not tell of.
 */
final class Contract {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern VARIABLE = Pattern.compile("\\{[a-z]+}");

    private final JsonNode document;
    private final Map<JsonNode, JsonSchema> schemas = new ConcurrentHashMap<>();
    private final JsonSchemaFactory factory = JsonSchemaFactory.getInstance(
            SpecVersion.VersionFlag.V202012,
            builder -> builder.metaSchema(JsonMetaSchema.builder(JsonMetaSchema.getV202012())
                    .keyword(new NonValidationKeyword("components"))
                    .build()));
    private final SchemaValidatorsConfig config =
            SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();

    /**
     * A call that the document describes.
     *
     * @param path as the document writes it
     * @param method in lower case
     * @param node what it says of it
     */
    record Call(String path, String method, JsonNode node) {
        @Override
        public String toString() {
            return method.toUpperCase(Locale.ROOT) + " " + path;
        }
    }

    private Contract(JsonNode document) {
        this.document = document;
        close(document);
    }

    /** The document as the application has it. */
    static Contract ofResource() {
        try (InputStream in = Contract.class.getResourceAsStream("/META-INF/openapi.yaml")) {
            return of(new ObjectMapper(new YAMLFactory()).readTree(Objects.requireNonNull(in)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Contract of(JsonNode document) {
        return new Contract(document.deepCopy());
    }

    JsonNode document() {
        return document;
    }

    /** Every call, in the document's order. */
    List<Call> calls() {
        List<Call> calls = new ArrayList<>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().stream()
                        .filter(item -> item.getValue().has("operationId"))
                        .forEach(item -> calls.add(new Call(path.getKey(), item.getKey(), item.getValue()))));
        return calls;
    }

    /** Calls whose path is such, the most exact first. */
    List<Call> at(String rawPath) {
        List<Call> found = new ArrayList<>();
        calls().stream().filter(call -> call.path().equals(rawPath)).forEach(found::add);
        calls().stream()
                .filter(call -> call.path().contains("{")
                        && pattern(call).matcher(rawPath).matches())
                .forEach(found::add);
        return found;
    }

    /** A key may have slashes, whatever else stands in a path may not. */
    private static Pattern pattern(Call call) {
        String variable = call.path().contains("{key}") ? ".+" : "[^/]+";
        return Pattern.compile(VARIABLE.matcher(call.path()).replaceAll(variable));
    }

    /** What the document says of a call that answers with events. */
    JsonNode stream(String path) {
        return document.path("paths")
                .path(path)
                .at("/get/responses/200/content")
                .path("text/event-stream");
    }

    /** The parameters of a call, by {@code in:name}, those of headers in lower case. */
    Map<String, JsonNode> parameters(Call call) {
        Map<String, JsonNode> parameters = new TreeMap<>();
        for (JsonNode listed : List.of(
                document.path("paths").path(call.path()).path("parameters"),
                call.node().path("parameters"))) {
            for (JsonNode reference : listed) {
                JsonNode parameter = resolved(reference);
                String in = parameter.path("in").asText();
                String name = parameter.path("name").asText();
                parameters.put(in + ":" + (in.equals("header") ? name.toLowerCase(Locale.ROOT) : name), parameter);
            }
        }
        return parameters;
    }

    /** What a reference refers to; another node is what it is. */
    JsonNode resolved(JsonNode node) {
        String reference = node.path("$ref").asText();
        return reference.startsWith("#") ? document.at(reference.substring(1)) : node;
    }

    /** What a schema of the document has against a value; empty if nothing. */
    List<String> offences(JsonNode schema, @Nullable JsonNode value) {
        if (value == null || value instanceof MissingNode) {
            return List.of("there is no value");
        }
        JsonSchema compiled = compiled(schema);
        return compiled.validate(value).stream()
                .map(ValidationMessage::getMessage)
                .toList();
    }

    /** As {@link #offences(JsonNode, JsonNode)}, of the text of a header or parameter. */
    List<String> offences(JsonNode schema, String text) {
        String type = resolved(schema).path("type").asText();
        if (type.equals("integer") || type.equals("boolean")) {
            try {
                return offences(schema, JSON.readTree(text));
            } catch (IOException e) {
                return List.of(text + " is no " + type);
            }
        }
        return offences(schema, JsonNodeFactory.instance.textNode(text));
    }

    private JsonSchema compiled(JsonNode schema) {
        return schemas.computeIfAbsent(schema, key -> {
            ObjectNode whole = schema.deepCopy();
            whole.set("components", document.path("components"));
            return factory.getSchema(whole, config);
        });
    }

    private static void close(JsonNode node) {
        if (node instanceof ObjectNode object
                && object.path("type").asText().equals("object")
                && object.path("properties").isObject()
                && !object.has("additionalProperties")) {
            object.put("additionalProperties", false);
        }
        node.forEach(Contract::close);
    }
}
