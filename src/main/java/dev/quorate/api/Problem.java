package dev.quorate.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A problem document (RFC 9457), thrown where a request is refused: what went wrong, in a form for programs as well as
 * for people. Its type is a stable URN; the members beside the standard ones say what a retry means. It has no stack
 * trace: it is an answer, no fault.
 */
final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Media type of the document. */
    static final String MEDIA_TYPE = "application/problem+json";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final int status;
    private final transient Map<String, @Nullable Object> members = new LinkedHashMap<>();
    private final transient Map<String, String> headers = new LinkedHashMap<>();

    private Problem(int status, ProblemType type, String detail) {
        super(detail, null, false, false);
        this.status = status;
        members.put("type", type.urn());
        members.put("title", type.title());
        members.put("status", status);
        members.put("detail", detail);
    }

    /**
     * Begins a document.
     *
     * @param detail this occurrence, for a person; never a class, a path or a stack trace
     */
    static Problem of(ProblemType type, String detail) {
        return new Problem(type.status(), type, detail);
    }

    /** A refusal by the platform with that status, for which there is no type of its own. */
    static Problem refused(int status) {
        return new Problem(status, ProblemType.REFUSED, "the request cannot be answered");
    }

    /** A request that cannot be understood, with the member or parameter that is to blame. */
    static Problem badRequest(String member, String detail) {
        return of(ProblemType.BAD_REQUEST, member + ": " + detail).with("member", member);
    }

    /** Something is larger than the limit. */
    static Problem tooLarge(String member, long sizeBytes, long limitBytes) {
        return of(ProblemType.TOO_LARGE, member + ": at most " + limitBytes + " bytes are taken")
                .with("member", member)
                .with("sizeBytes", sizeBytes)
                .with("limitBytes", limitBytes);
    }

    /** There are more of something than the limit. */
    static Problem tooMany(String member, long count, long limit) {
        return of(ProblemType.TOO_LARGE, member + ": at most " + limit + " are taken")
                .with("member", member)
                .with("count", count)
                .with("limit", limit);
    }

    /** What came is not what the call takes. */
    static Problem unsupportedMediaType() {
        return of(ProblemType.UNSUPPORTED_MEDIA_TYPE, "send JSON in UTF-8, with Content-Type: application/json");
    }

    /** Nobody can do it now; another try may do. */
    static Problem unavailable(String detail, String outcome) {
        return of(ProblemType.UNAVAILABLE, detail).with("outcome", outcome).header(HttpHeaders.RETRY_AFTER, "1");
    }

    /** Adds a member. */
    Problem with(String member, @Nullable Object value) {
        members.put(member, value);
        return this;
    }

    /** Adds a response header. */
    Problem header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    int status() {
        return status;
    }

    Map<String, String> headers() {
        return headers;
    }

    /** The document. */
    byte[] json() {
        return json(members);
    }

    /** A JSON object of text, numbers and lists of them. */
    static byte[] json(Map<String, ? extends @Nullable Object> members) {
        try {
            return JSON.writeValueAsBytes(members);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("members are text, numbers and lists of them", e);
        }
    }

    /** The whole answer. */
    Response response() {
        return response(null);
    }

    /** The whole answer, with headers of another one, such as {@code Allow}. */
    Response response(@Nullable MultivaluedMap<String, Object> others) {
        Response.ResponseBuilder answer = Response.status(status).entity(json());
        if (others != null) {
            others.forEach((name, values) -> values.forEach(value -> answer.header(name, value)));
        }
        headers.forEach(answer::header);
        return answer.type(MEDIA_TYPE).build();
    }
}
