package dev.quorate.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks members up in an answer, wherever they are in it. */
final class JsonFields {
    private static final JsonFactory JSON = new JsonFactory();

    private JsonFields() {}

    /**
     * The texts of all members of a name, in their order; null for a null.
     *
     * @throws IOException if it is no JSON
     */
    static List<@Nullable String> all(String json, String name) throws IOException {
        List<@Nullable String> found = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(json)) {
            while (parser.nextToken() != null) {
                if (parser.currentToken() == JsonToken.FIELD_NAME
                        && parser.currentName().equals(name)) {
                    found.add(parser.nextToken() == JsonToken.VALUE_NULL ? null : parser.getText());
                }
            }
        }
        return found;
    }

    /** The first of them; null where there is none. */
    static @Nullable String first(String json, String name) throws IOException {
        List<@Nullable String> found = all(json, name);
        return found.isEmpty() ? null : found.get(0);
    }
}
