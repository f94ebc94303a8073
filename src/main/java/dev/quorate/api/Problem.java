package dev.quorate.api;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A problem document (RFC 9457) on its way to the client: thrown where a request is refused, written by {@link Problems}.
 */
final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final String title;
    private final transient Map<String, Object> members = new LinkedHashMap<>();

    Problem(int status, String type, String title, String detail) {
        super(detail, null, false, false);
        this.status = status;
        this.type = type;
        this.title = title;
    }

    static Problem badRequest(String detail) {
        return new Problem(400, "bad-request", "Bad request", detail);
    }

    static Problem tooLarge(String detail) {
        return new Problem(413, "too-large", "Content too large", detail);
    }

    /** Adds a member that helps. */
    Problem with(String name, Object value) {
        members.put(name, value);
        return this;
    }

    int status() {
        return status;
    }

    /** The document, in the order in which it is written. */
    Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("type", "urn:quorate:problem:" + type);
        document.put("title", title);
        document.put("status", status);
        document.put("detail", String.valueOf(getMessage()));
        document.putAll(members);
        return document;
    }
}
