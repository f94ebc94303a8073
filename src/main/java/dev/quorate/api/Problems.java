package dev.quorate.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReplicaException;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every error, as a problem document, in one place. No stack trace, class name or path reaches a client. */
@Singleton
public final class Problems {
    private static final Logger LOG = Logger.getLogger(Problems.class);
    private static final MediaType PROBLEM = MediaType.valueOf("application/problem+json");

    private final HostedReplicas hosted;

    Problems(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    @ServerExceptionMapper
    Response refused(Problem problem) {
        return answer(problem);
    }

    @ServerExceptionMapper
    Response notJson(JsonProcessingException e) {
        return answer(Problem.badRequest("the body is not JSON"));
    }

    @ServerExceptionMapper
    Response failed(ReplicaException failure) {
        return answer(explain(failure));
    }

    @ServerExceptionMapper
    Response http(WebApplicationException e) {
        int status = e.getResponse().getStatus();
        return switch (status) {
            case 404 -> answer(new Problem(404, "no-such-resource", "Not found", "there is no such resource"));
            case 405 ->
                answer(new Problem(
                        405, "method-not-allowed", "Method not allowed", "this resource has no such method"));
            case 406 -> answer(new Problem(406, "not-acceptable", "Not acceptable", "the answer is application/json"));
            case 413 -> answer(Problem.tooLarge("the body is too large"));
            case 415 ->
                answer(new Problem(
                        415, "unsupported-media-type", "Unsupported media type", "the body must be application/json"));
            default ->
                status < 500
                        ? answer(new Problem(status, "bad-request", "Bad request", "the request cannot be understood"))
                        : unexpected(e);
        };
    }

    @ServerExceptionMapper
    Response unexpected(Throwable failure) {
        LOG.error("a request failed", failure);
        return answer(new Problem(500, "internal", "Internal error", "the request failed; the outcome is unknown")
                .with("outcome", "unknown"));
    }

    private Problem explain(ReplicaException failure) {
        String detail = String.valueOf(failure.getMessage());
        if (failure instanceof ReplicaException.QuorumTimeout late) {
            return new Problem(504, "quorum-timeout", "Too few replicas in time", detail)
                    .with("required", late.required())
                    .with("acknowledged", late.acknowledgedBy().size())
                    .with("acknowledgedBy", late.acknowledgedBy())
                    .with("version", late.version().toString())
                    .with("committed", late.committed())
                    .with("outcome", "pending");
        }
        if (failure instanceof ReplicaException.TooFewReplies few) {
            return new Problem(504, "too-few-replies", "Too few replicas answered", detail)
                    .with("required", few.required())
                    .with("answered", few.answered());
        }
        if (failure instanceof ReplicaException.NoSpace) {
            return new Problem(507, "no-space", "No space", detail).with("outcome", "none");
        }
        boolean unknown = failure instanceof ReplicaException.Unknown;
        Problem problem = new Problem(503, unknown ? "outcome-unknown" : "unavailable", "Unavailable", detail);
        hosted.leader().ifPresent(leader -> problem.with("leader", leader));
        return problem.with("outcome", unknown ? "unknown" : "none");
    }

    private static Response answer(Problem problem) {
        Response.ResponseBuilder answer =
                Response.status(problem.status()).type(PROBLEM).entity(problem.document());
        if (problem.status() == 503) {
            answer.header("Retry-After", "1");
        }
        return answer.build();
    }
}
