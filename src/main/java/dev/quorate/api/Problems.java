package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReplicaException;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
    Response map(WebApplicationException e, RoutingContext context) {
        Response refusal = e.getResponse();
        // JAX-RS's would be decoded twice, and fail where that does.
        String path = context.normalizedPath();
        // Where two resources share the beginning of a path, the platform looks for the method in one of them only.
        int status = refusal.getStatus() == 404 && AllowedMethods.isOfAKey(path) ? 405 : refusal.getStatus();
        if (status < 400) {
            return refusal;
        }
        if (status >= 500) {
            LOG.error("a request failed", e);
        }
        MultivaluedMap<String, Object> headers = refusal.getHeaders();
        headers.remove(HttpHeaders.CONTENT_TYPE);
        headers.remove(HttpHeaders.CONTENT_LENGTH);
        if (status == 405) {
            headers.putSingle(HttpHeaders.ALLOW, AllowedMethods.at(path));
        }
        return ofStatus(status).response(headers);
    }

    /** What nobody expected. It is told in full to the log, and to nobody else. */
    @ServerExceptionMapper
    Response map(Throwable e) {
        if (e instanceof IOException && "Request too large".equals(e.getMessage())) {
            return ofStatus(413).response(); // the platform has cut the body off, and answered
        }
        if (e instanceof ClosedChannelException) {
            LOG.debug("a client did not wait for its answer", e);
        } else {
            LOG.error("a request failed", e);
        }
        return ofStatus(500).response();
    }

    /** The document of an operating error. */
    static Problem of(ReplicaException e) {
        String detail = sentence(e);
        if (e instanceof ReplicaException.QuorumTimeout timeout) {
            return Problem.of(ProblemType.QUORUM_TIMEOUT, detail)
                    .with("required", timeout.required())
                    .with("acknowledged", timeout.acknowledgedBy().size())
                    .with("acknowledgedBy", timeout.acknowledgedBy())
                    .with("version", timeout.version().toString())
                    .with("committed", timeout.committed())
                    .with("outcome", "pending");
        }
        if (e instanceof ReplicaException.TooFewReplies replies) {
            return Problem.of(ProblemType.TOO_FEW_REPLIES, detail)
                    .with("required", replies.required())
                    .with("answered", replies.answered());
        }
        if (e instanceof ReplicaException.ReadTimeout) {
            return Problem.of(ProblemType.READ_TIMEOUT, detail);
        }
        if (e instanceof ReplicaException.PositionNotReached late) {
            return Problem.of(ProblemType.POSITION_NOT_REACHED, detail)
                    .with("outcome", "none")
                    .with("position", late.position().toString())
                    .with("reached", late.reached().toString())
                    .header(HttpHeaders.RETRY_AFTER, "1");
        }
        if (e instanceof ReplicaException.PositionDiscarded discarded) {
            return Problem.of(ProblemType.POSITION_DISCARDED, detail)
                    .with("position", discarded.position().toString());
        }
        if (e instanceof ReplicaException.Compacted compacted) {
            return Problem.of(ProblemType.COMPACTED, detail)
                    .with("first", compacted.first().toString());
        }
        if (e instanceof ReplicaException.TooManyWatchers) {
            return Problem.of(ProblemType.TOO_MANY_WATCHERS, detail).header(HttpHeaders.RETRY_AFTER, "10");
        }
        if (e instanceof ReplicaException.NoSpace full) {
            return noSpace(full, detail);
        }
        if (e instanceof ReplicaException.PreconditionFailed failed) {
            return preconditionFailed(failed, detail);
        }
        if (e instanceof ReplicaException.KeyReused reused) {
            return Problem.of(ProblemType.IDEMPOTENCY_KEY_REUSED, detail)
                    .with("outcome", "none")
                    .with("version", reused.version().toString());
        }
        if (e instanceof ReplicaException.Overloaded) {
            return Problem.of(ProblemType.OVERLOADED, detail)
                    .with("outcome", "none")
                    .header(HttpHeaders.RETRY_AFTER, "1");
        }
        return Problem.unavailable(detail, e instanceof ReplicaException.Unknown ? "unknown" : "none");
    }

    private static Problem noSpace(ReplicaException.NoSpace full, String detail) {
        Problem problem = Problem.of(ProblemType.NO_SPACE, detail).with("outcome", "none");
        if (full instanceof ReplicaException.DiskFull disk) {
            problem.with("neededBytes", disk.neededBytes()).with("freeBytes", disk.freeBytes());
        } else if (full instanceof ReplicaException.StoreFull store) {
            problem.with("usedBytes", store.usedBytes()).with("limitBytes", store.limitBytes());
        }
        return problem;
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
        Problem problem = Problem.of(ProblemType.PRECONDITION_FAILED, detail).with("outcome", "none");
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
            case 400 -> Problem.of(ProblemType.BAD_REQUEST, "the request cannot be understood");
            case 404 -> Problem.of(ProblemType.NO_SUCH_PATH, "see /q/openapi for what is");
            case 405 -> Problem.of(ProblemType.METHOD_NOT_ALLOWED, "the Allow header names those that are");
            case 406 -> Problem.of(ProblemType.NOT_ACCEPTABLE, "answers here are application/json");
            case 413 -> Problem.of(ProblemType.TOO_LARGE, "the body is above the limit");
            case 415 -> Problem.unsupportedMediaType();
            case 500 -> Problem.of(ProblemType.INTERNAL, "the server's log says why");
            default -> Problem.refused(status);
        };
    }

    private static String sentence(ReplicaException e) {
        String message = e.getMessage();
        return message == null ? "" : message;
    }
}
