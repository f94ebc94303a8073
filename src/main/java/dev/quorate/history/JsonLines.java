package dev.quorate.history;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.protocol.Position;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A history as JSON, one operation a line:
 * {@code {"client":3,"operation":"write","key":"k","value":"v","start":1,"end":2,"outcome":"ok","version":"1.2"}}.
 * Start and end are nanoseconds of one monotonic clock.
 */
public final class JsonLines {
    private static final JsonFactory JSON = new JsonFactory();

    private JsonLines() {}

    /** Writes a history; the writer stays open. */
    public static void write(List<Operation> history, Writer out) throws IOException {
        for (Operation operation : history) {
            StringWriter line = new StringWriter();
            try (JsonGenerator json = JSON.createGenerator(line)) {
                write(operation, json);
            }
            out.append(line.getBuffer()).append('\n');
        }
    }

    private static void write(Operation operation, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeNumberField("client", operation.client());
        json.writeStringField("operation", lower(operation.kind()));
        json.writeStringField("key", operation.key());
        json.writeStringField("value", operation.value());
        json.writeNumberField("start", operation.startNs());
        json.writeNumberField("end", operation.endNs());
        json.writeStringField("outcome", lower(operation.outcome()));
        if (operation.version() != null) {
            json.writeStringField("version", operation.version().toString());
        }
        if (operation.position() != null) {
            json.writeStringField("position", operation.position().toString());
        }
        if (operation.expected() != null) {
            json.writeStringField("expected", operation.expected());
        }
        if (operation.ttlMs() != 0) {
            json.writeNumberField("ttlMs", operation.ttlMs());
        }
        json.writeEndObject();
    }

    private static String lower(Enum<?> word) {
        return word.name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads a history back; empty lines are passed over.
     *
     * @throws IOException if it cannot be read, or a line is no operation; the message names the line
     */
    public static List<Operation> read(Reader in) throws IOException {
        List<Operation> history = new ArrayList<>();
        BufferedReader lines = new BufferedReader(in);
        String line;
        for (int number = 1; (line = lines.readLine()) != null; number++) {
            if (!line.isBlank()) {
                try {
                    history.add(operation(line));
                } catch (IOException | IllegalArgumentException e) {
                    throw new IOException("line " + number + " is no operation: " + line, e);
                }
            }
        }
        return history;
    }

    private static Operation operation(String line) throws IOException {
        Map<String, @Nullable String> members = members(line);
        return new Operation(
                Integer.parseInt(required(members, "client")),
                Kind.valueOf(required(members, "operation").toUpperCase(Locale.ROOT)),
                required(members, "key"),
                members.get("value"),
                Long.parseLong(required(members, "start")),
                Long.parseLong(required(members, "end")),
                Outcome.valueOf(required(members, "outcome").toUpperCase(Locale.ROOT)),
                position(members.get("version")),
                position(members.get("position")),
                members.get("expected"),
                number(members.get("ttlMs")));
    }

    private static Map<String, @Nullable String> members(String line) throws IOException {
        Map<String, @Nullable String> members = new HashMap<>();
        try (JsonParser json = JSON.createParser(line)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("no object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                members.put(name, json.nextToken() == JsonToken.VALUE_NULL ? null : json.getText());
            }
        }
        return members;
    }

    private static String required(Map<String, @Nullable String> members, String name) {
        String member = members.get(name);
        if (member == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return member;
    }

    private static long number(@Nullable String text) {
        return text == null ? 0 : Long.parseLong(text);
    }

    private static @Nullable Position position(@Nullable String text) {
        return text == null ? null : Position.parse(text);
    }
}
