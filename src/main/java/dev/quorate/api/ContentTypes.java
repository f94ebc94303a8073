package dev.quorate.api;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The content types that values are kept with. */
final class ContentTypes {
    private static final int LONGEST = 255;

    private static final String TOKEN = "[-!#$%&'*+.^_`|~0-9A-Za-z]+";
    private static final String QUOTED = "\"(?:[\\t !#-\\[\\]-~]|\\\\[\\t -~])*\"";
    private static final Pattern MEDIA_TYPE = Pattern.compile(
            TOKEN + "/" + TOKEN + "(?:[\\t ]*;[\\t ]*(?:" + TOKEN + "=(?:" + TOKEN + "|" + QUOTED + "))?)*");

    private ContentTypes() {}

    /**
     * Checks one that comes with a value: each answer with the value will have it as a header, and the platform answers 500
     * where that is no media type, which would keep the value from everyone.
     *
     * @param name what it is, for the refusal
     * @throws Problem 400 if it is no media type of at most 255 bytes (RFC 9110 §8.3.1)
     */
    static @Nullable String check(String name, @Nullable String type) {
        if (type != null
                && (type.length() > LONGEST || !MEDIA_TYPE.matcher(type).matches())) {
            throw Problem.badRequest(name, "must be a media type such as text/plain, of at most " + LONGEST + " bytes");
        }
        return type;
    }
}
