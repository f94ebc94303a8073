package dev.quorate.api;

import java.util.Locale;

/**
 * Every kind of problem that an answer can tell. Its URN is a promise: programs decide by it. Each is described, with an
 * example, in {@code META-INF/openapi.yaml}.
 */
enum ProblemType {
    BAD_REQUEST(400, "The request is not valid"),
    FORBIDDEN(403, "The peer secret is missing or wrong"),
    NO_SUCH_KEY(404, "There is no such key"),
    NO_SUCH_PATH(404, "There is nothing at this path"),
    NOT_HOSTED_HERE(404, "The replica is hosted by another process"),
    METHOD_NOT_ALLOWED(405, "The method is not allowed here"),
    NOT_ACCEPTABLE(406, "No acceptable representation"),
    REQUEST_TIMEOUT(408, "The body did not come in time"),
    POSITION_DISCARDED(409, "The position was removed by a failover"),
    COMPACTED(410, "The log no longer has what follows"),
    PRECONDITION_FAILED(412, "A precondition does not hold"),
    TOO_LARGE(413, "The request is too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "The content type is not supported"),
    IDEMPOTENCY_KEY_REUSED(422, "The idempotency key belongs to another request"),
    TOO_MANY_WATCHERS(429, "Too many watch"),
    INTERNAL(500, "The server failed"),
    OVERLOADED(503, "Too many requests wait"),
    POSITION_NOT_REACHED(503, "The replica is not as far as the position"),
    /** Told to the process that passed the read on, which then asks the leader; clients do not see it. */
    TOO_STALE(503, "The replica's state may be older than was asked for"),
    UNAVAILABLE(503, "The replica set cannot do this now"),
    QUORUM_TIMEOUT(504, "Too few replicas acknowledged the write in time"),
    READ_TIMEOUT(504, "The read could not be answered in time"),
    TOO_FEW_REPLIES(504, "Too few replicas answered the read in time"),
    NO_SPACE(507, "There is no space for the write"),
    /** What the platform refuses for reasons of its own; only the status says more. */
    REFUSED(0, "The request was refused");

    private final int status;
    private final String title;
    private final String urn =
            "urn:quorate:problem:" + name().toLowerCase(Locale.ROOT).replace('_', '-');

    ProblemType(int status, String title) {
        this.status = status;
        this.title = title;
    }

    /** The HTTP status that it always has; 0 of {@link #REFUSED}, which has several. */
    int status() {
        return status;
    }

    /** The same for every occurrence. */
    String title() {
        return title;
    }

    /** The stable {@code type} of the document. */
    String urn() {
        return urn;
    }
}
