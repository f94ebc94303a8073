package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReplicaException;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** Every failure becomes a problem document here, and nowhere else. */
@Singleton
public final class Problems {
    private static final Logger LOG = Logger.getLogger(Problems.class);

    private final HostedReplicas hosted;

    Problems(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    /** A document that is written already. */
    @ServerExceptionMapper
    Response map(Problem e) {
        return e.response();
    }

    /** What a replica says; the type tells what a retry means. */
    @ServerExceptionMapper
    Response map(ReplicaException e) {
        Problem problem = of(e);
        if (problem.status() == 503) {
            hosted.leader().ifPresent(leader -> problem.with("leader", leader));
        }
        return problem.response();
    }

    /** What the platform refuses: no such path, verb, type. */
    @ServerExceptionMapper
    Response map(WebApplicationException e) {
        Response refusal = e.getResponse();
        int status = refusal.getStatus();
        if (status < 400) {
            return refusal;
        }
        if (status >= 500) {
            LOG.error("a request failed", e);
        }
        MultivaluedMap<String, Object> headers = refusal.getHeaders();
        headers.remove(HttpHeaders.CONTENT_TYPE);
        headers.remove(HttpHeaders.CONTENT_LENGTH);
        return ofStatus(status).response(headers);
    }

    /** What nobody expected. It is told in full to the log, and to nobody else. */
    @ServerExceptionMapper
    Response map(Throwable e) {
        if (e instanceof IOException && "Request too large".equals(e.getMessage())) {
            return ofStatus(413).response(); // the platform has cut the body off, and answered
        }
        LOG.error("a request failed", e);
        return ofStatus(500).response();
    }

    /** The document of an operating error. */
    static Problem of(ReplicaException e) {
        String detail = sentence(e);
        if (e instanceof ReplicaException.QuorumTimeout timeout) {
            return Problem.of(504, "quorum-timeout", "Too few replicas acknowledged the write in time", detail)
                    .with("required", timeout.required())
                    .with("acknowledged", timeout.acknowledgedBy().size())
                    .with("acknowledgedBy", timeout.acknowledgedBy())
                    .with("version", timeout.version().toString())
                    .with("committed", timeout.committed())
                    .with("outcome", "pending");
        }
        if (e instanceof ReplicaException.TooFewReplies replies) {
            return Problem.of(504, "too-few-replies", "Too few replicas answered the read in time", detail)
                    .with("required", replies.required())
                    .with("answered", replies.answered());
        }
        if (e instanceof ReplicaException.ReadTimeout) {
            return Problem.of(504, "read-timeout", "The read could not be answered in time", detail);
        }
        if (e instanceof ReplicaException.PositionNotReached late) {
            return Problem.of(503, "position-not-reached", "The replica is not as far as the position", detail)
                    .with("outcome", "none")
                    .with("position", late.position().toString())
                    .with("reached", late.reached().toString())
                    .header(HttpHeaders.RETRY_AFTER, "1");
        }
        if (e instanceof ReplicaException.PositionDiscarded discarded) {
            return Problem.of(409, "position-discarded", "The position was removed by a failover", detail)
                    .with("position", discarded.position().toString());
        }
        if (e instanceof ReplicaException.Compacted compacted) {
            return Problem.of(410, "compacted", "The log no longer has what follows", detail)
                    .with("first", compacted.first().toString());
        }
        if (e instanceof ReplicaException.TooManyWatchers) {
            return Problem.of(429, "too-many-watchers", "Too many watch", detail)
                    .header(HttpHeaders.RETRY_AFTER, "10");
        }
        if (e instanceof ReplicaException.NoSpace full) {
            return noSpace(full, detail);
        }
        if (e instanceof ReplicaException.PreconditionFailed failed) {
            return preconditionFailed(failed, detail);
        }
        if (e instanceof ReplicaException.KeyReused reused) {
            return Problem.of(422, "idempotency-key-reused", "The idempotency key belongs to another request", detail)
                    .with("outcome", "none")
                    .with("version", reused.version().toString());
        }
        if (e instanceof ReplicaException.Overloaded) {
            return Problem.of(503, "overloaded", "Too many requests wait", detail)
                    .with("outcome", "none")
                    .header(HttpHeaders.RETRY_AFTER, "1");
        }
        return Problem.unavailable(detail, e instanceof ReplicaException.Unknown ? "unknown" : "none");
    }

    private static Problem noSpace(ReplicaException.NoSpace full, String detail) {
        Problem problem = Problem.of(507, "no-space", "There is no space for the write", detail)
                .with("outcome", "none");
        return full.limitBytes() < 0
                ? problem
                : problem.with("usedBytes", full.usedBytes()).with("limitBytes", full.limitBytes());
    }

    private static Problem preconditionFailed(ReplicaException.PreconditionFailed failed, String detail) {
        List<Map<String, @Nullable Object>> mismatches = new ArrayList<>();
        for (ReplicaException.Mismatch mismatch : failed.mismatches()) {
            Map<String, @Nullable Object> members = new LinkedHashMap<>();
            members.put("index", mismatch.operation());
            members.put("key", mismatch.key());
            members.put("version", text(mismatch.version()));
            mismatches.add(members);
        }
        Problem problem = Problem.of(412, "precondition-failed", "A precondition does not hold", detail)
                .with("outcome", "none");
        if (mismatches.size() == 1) {
            problem.with("version", text(failed.mismatches().get(0).version()));
        }
        return problem.with("failed", mismatches);
    }

    private static @Nullable String text(@Nullable Position version) {
        return version == null ? null : version.toString();
    }

    /** The document of a refusal by the platform, which carries nothing but its status. */
    static Problem ofStatus(int status) {
        return switch (status) {
            case 404 -> Problem.of(404, "no-such-path", "There is nothing at this path", "see /q/openapi for what is");
            case 405 ->
                Problem.of(
                        405,
                        "method-not-allowed",
                        "The method is not allowed here",
                        "the Allow header names those that are");
            case 406 ->
                Problem.of(406, "not-acceptable", "No acceptable representation", "answers here are application/json");
            case 413 -> Problem.of(413, "too-large", "The request is too large", "the body is above the limit");
            case 415 -> Problem.unsupportedMediaType();
            case 500 -> Problem.of(500, "internal", "The server failed", "the server's log says why");
            default -> other(status);
        };
    }

    private static Problem other(int status) {
        Response.Status known = Response.Status.fromStatusCode(status);
        String title = known == null ? "Status " + status : known.getReasonPhrase();
        String type = title.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        return Problem.of(status, type, title, "the request cannot be answered");
    }

    private static String sentence(ReplicaException e) {
        String message = e.getMessage();
        return message == null ? "" : message;
    }
}
