package dev.quorate.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.quorate.protocol.WriteConcern;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The body of a write, read strictly: a member that is missing, doubled or of a wrong type is named. */
record WriteBody(String key, String value, @Nullable WriteConcern concern) {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** @throws Problem 400 if it is not what a write needs */
    static WriteBody parse(byte @Nullable [] body) {
        if (body == null || body.length == 0) {
            throw Problem.badRequest("the body is missing; send {\"key\": …, \"value\": …}");
        }
        try (JsonParser in = JSON.createParser(body)) {
            return read(in);
        } catch (IOException e) {
            throw Problem.badRequest("the body is not a JSON object with each member once");
        }
    }

    private static WriteBody read(JsonParser in) throws IOException {
        if (in.nextToken() != JsonToken.START_OBJECT) {
            throw Problem.badRequest("the body must be a JSON object with key and value");
        }
        String key = null;
        String value = null;
        WriteConcern concern = null;
        String name;
        while ((name = in.nextFieldName()) != null) {
            JsonToken token = in.nextToken();
            switch (name) {
                case "key" -> key = text(in, token, "key");
                case "value" -> value = text(in, token, "value");
                case "w" -> concern = concern(in, token);
                default -> in.skipChildren();
            }
        }
        if (in.currentToken() != JsonToken.END_OBJECT || in.nextToken() != null) {
            throw Problem.badRequest("the body goes on after its JSON object");
        }
        return new WriteBody(required(key, "key"), required(value, "value"), concern);
    }

    private static String required(@Nullable String member, String name) {
        if (member == null) {
            throw Problem.badRequest(name + " is missing").with("member", name);
        }
        return member;
    }

    private static String text(JsonParser in, JsonToken token, String name) throws IOException {
        if (token != JsonToken.VALUE_STRING) {
            throw Problem.badRequest(name + " must be a string").with("member", name);
        }
        return in.getText();
    }

    private static WriteConcern concern(JsonParser in, JsonToken token) throws IOException {
        if (token == JsonToken.VALUE_NUMBER_INT) {
            try {
                return WriteConcern.of(in.getIntValue());
            } catch (IOException e) {
                throw Problem.badRequest("w is far too large").with("member", "w");
            }
        }
        if (token == JsonToken.VALUE_STRING
                && (in.getText().equals("majority") || in.getText().equals("all"))) {
            return WriteConcern.of(in.getText());
        }
        throw Problem.badRequest("w must be a whole number, \"majority\" or \"all\"")
                .with("member", "w");
    }
}
