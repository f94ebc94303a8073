package dev.quorate.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.quorate.protocol.WriteConcern;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The body of a write, {@code {"key","value","w"}}, read strictly: what is missing, doubled or of another type is
 * refused by name rather than guessed at.
 *
 * @param key a valid key
 * @param value UTF-8 of the value; within the limit
 * @param concern what {@code w} says, or null without it
 */
@SuppressWarnings("ArrayRecordComponent") // handed on at once, never compared
record WriteBody(String key, byte[] value, @Nullable WriteConcern concern) {
    private static final JsonFactory JSON = new JsonFactory();

    /** What is taken: the largest sizes and how many replicas there are. */
    record Limits(int keySizeBytes, int valueSizeBytes, int replicas) {}

    /**
     * Reads a body.
     *
     * @throws Problem 400 that names the member, 413 for a large value
     */
    static WriteBody parse(byte[] body, Limits limits) {
        if (body.length == 0) {
            throw notJson("it is empty");
        }
        try (JsonParser parser = JSON.createParser(body)) {
            return new Reading(parser, limits).read();
        } catch (JsonProcessingException e) {
            // Its own message tells classes and repeats the input.
            throw notJson("error near byte " + Math.max(0, e.getLocation() == null ? 0 : position(e)));
        } catch (IOException e) {
            throw notJson("it is not UTF-8");
        }
    }

    private static long position(JsonProcessingException e) {
        return e.getLocation().getByteOffset();
    }

    private static Problem notJson(String why) {
        return Problem.badRequest("body", "must be a JSON object with key and value; " + why);
    }

    /** One pass over the tokens. */
    private static final class Reading {
        private final JsonParser parser;
        private final Limits limits;
        private @Nullable String key;
        private byte @Nullable [] value;
        private @Nullable WriteConcern concern;

        Reading(JsonParser parser, Limits limits) {
            this.parser = parser;
            this.limits = limits;
        }

        WriteBody read() throws IOException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw notJson("it is no object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                member(parser.currentName(), parser.nextToken());
            }
            if (parser.nextToken() != null) {
                throw notJson("something follows the object");
            }
            if (key == null) {
                throw missing("key");
            }
            if (value == null) {
                throw missing("value");
            }
            return new WriteBody(key, value, concern);
        }

        private void member(String name, JsonToken token) throws IOException {
            switch (name) {
                case "key" -> {
                    once(name, key);
                    key = Keys.check(text(name, token), limits.keySizeBytes);
                }
                case "value" -> {
                    once(name, value);
                    value = value(text(name, token));
                }
                case "w" -> {
                    once(name, concern);
                    concern = concern(token);
                }
                // As in the original: what a call does not know does not disturb it.
                default -> parser.skipChildren();
            }
        }

        private String text(String name, JsonToken token) throws IOException {
            if (token != JsonToken.VALUE_STRING) {
                throw Problem.badRequest(name, "must be a string");
            }
            return parser.getText();
        }

        private byte[] value(String text) {
            int length = Utf8.lengthBytes(text);
            if (length < 0) {
                throw Problem.badRequest("value", "must be Unicode text; it has half of a surrogate pair");
            }
            if (length > limits.valueSizeBytes) {
                throw Problem.tooLarge("value", length, limits.valueSizeBytes);
            }
            return text.getBytes(StandardCharsets.UTF_8);
        }

        private WriteConcern concern(JsonToken token) throws IOException {
            if (token == JsonToken.VALUE_STRING) {
                String text = parser.getText();
                if (text.equals("majority") || text.equals("all")) {
                    return WriteConcern.of(text);
                }
            } else if (token == JsonToken.VALUE_NUMBER_INT && parser.getTextLength() <= 9) {
                int count = parser.getIntValue();
                if (count >= 1 && count <= limits.replicas) {
                    return WriteConcern.of(count);
                }
            }
            throw Problem.badRequest("w", "must be 1.." + limits.replicas + ", \"majority\" or \"all\"")
                    .with("replicas", limits.replicas);
        }

        private static void once(String name, @Nullable Object before) {
            if (before != null) {
                throw Problem.badRequest(name, "is given twice");
            }
        }

        private static Problem missing(String name) {
            return Problem.badRequest(name, "is missing");
        }
    }
}
