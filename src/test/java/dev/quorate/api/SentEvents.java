package dev.quorate.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The events of a stream, to be held against what the {@link Contract} says of them. */
final class SentEvents {
    private static final ObjectMapper JSON = new ObjectMapper();

    private SentEvents() {}

    /**
     * What the document has against events; empty if nothing.
     *
     * @param content the stream's media type in the document, whose {@code x-events} has a schema for each name
     * @param lines of the stream; an event that is not whole is left out
     */
    static List<String> offences(Contract contract, JsonNode content, List<String> lines) {
        List<String> offences = new ArrayList<>();
        String name = "message";
        String data = "";
        for (String line : lines) {
            if (line.startsWith("event:")) {
                name = line.substring("event:".length()).trim();
            } else if (line.startsWith("data:")) {
                data = line.substring("data:".length());
            } else if (line.isEmpty()) {
                if (!data.isEmpty()) {
                    offences.addAll(offences(
                            contract, content.path("x-events").path(name).asText(), name, data));
                }
                name = "message";
                data = "";
            }
        }
        return offences;
    }

    private static List<String> offences(Contract contract, String schema, String name, String data) {
        if (schema.isEmpty()) {
            return List.of("an event " + name + " is not described");
        }
        try {
            JsonNode reference = JsonNodeFactory.instance.objectNode().put("$ref", schema);
            return contract.offences(reference, JSON.readTree(data)).stream()
                    .map(offence -> offence + " in the event " + data)
                    .toList();
        } catch (IOException e) {
            return List.of("the event " + data + " is no JSON");
        }
    }
}
