package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Values by key, as bytes: {@code /kv/{key}}, where each request chooses what its answer promises. */
@Path("kv/{key: .+}")
@Tag(name = "kv", description = "Values by key")
public final class KvResource {
    private static final String PREFIX = "/kv/";
    private static final String BATCH = "_batch";

    private final HostedReplicas hosted;
    private final KvReads reads;
    private final KvWrites writes;

    KvResource(HostedReplicas hosted, KvReads reads, KvWrites writes) {
        this.reads = reads;
        this.writes = writes;
        this.hosted = hosted;
    }

    /** The body is the value; acknowledged when {@code w} replicas have it on stable storage. */
    @PUT
    @Operation(
            summary = "Write a value; acknowledged when w replicas have it on stable storage",
            description =
                    "w is 1..N, majority (the default) or all; timeout is 1ms..60s; after ttl (1ms..3650d) the record"
                            + " expires. If-Match and If-None-Match make it conditional (412), Idempotency-Key makes it safe to repeat."
                            + " 201 where the key was not there, with a receipt.")
    @Parameter(name = "key", in = ParameterIn.PATH, required = true, schema = @Schema(implementation = String.class))
    @Parameter(name = "w", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    @Parameter(name = "timeout", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    @Parameter(name = "ttl", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    public Uni<Response> put(
            byte @Nullable [] body,
            @Context HttpServerRequest request,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String contentType,
            @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        KvWrite write = KvWrite.put(key(request), body, contentType, request, hosted);
        return writes.one(write, request.response(), forwardedBy);
    }

    /** Removes a key, also one that is not there: that it is not is then as safe as the receipt says. */
    @DELETE
    @Operation(
            summary = "Delete a key; acknowledged when w replicas have that on stable storage",
            description = "Parameters and headers as of PUT. 200 with a receipt, also where the key was not there.")
    @Parameter(name = "key", in = ParameterIn.PATH, required = true, schema = @Schema(implementation = String.class))
    @Parameter(name = "w", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    @Parameter(name = "timeout", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    public Uni<Response> delete(
            @Context HttpServerRequest request, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        return writes.one(KvWrite.delete(key(request), request, hosted), request.response(), forwardedBy);
    }

    /** Several writes in one log entry, at {@code /kv/_batch}: all of them, or none. */
    @POST
    @Operation(
            summary = "Write a batch, all of it or nothing; the key in the path is _batch",
            description =
                    "{\"operations\":[{\"put\":key,\"value\" or \"valueBase64\",\"contentType\",\"ttl\",\"ifMatch\","
                            + "\"ifNoneMatch\"},{\"delete\":key,\"ifMatch\",\"ifNoneMatch\"}]}; ifMatch and ifNoneMatch are a version or"
                            + " *. Parameters and headers as of PUT.")
    @Parameter(name = "key", in = ParameterIn.PATH, required = true, schema = @Schema(implementation = String.class))
    @Parameter(name = "w", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    @Parameter(name = "timeout", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    public Uni<Response> batch(
            byte @Nullable [] body,
            @Context HttpServerRequest request,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String contentType,
            @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        if (!key(request).equals(BATCH)) {
            throw Problems.ofStatus(405).header(HttpHeaders.ALLOW, "DELETE, GET, HEAD, OPTIONS, PUT");
        }
        if (contentType == null || !contentType.toLowerCase(Locale.ROOT).startsWith(MediaType.APPLICATION_JSON)) {
            throw Problem.unsupportedMediaType();
        }
        return writes.batch(KvBatch.of(body, request, hosted), request.response(), forwardedBy);
    }

    /** The value's bytes, under the content type that they were written with. */
    @GET
    @Operation(
            summary = "Read a value",
            description =
                    "read is linearizable (the default), leader, repair, quorum (of r replicas, a majority by default)"
                            + " or local (then replica may name which one). What may be older than maxStaleness is asked of the"
                            + " leader. The header Quorate-Position asks for an answer at or after that position; If-Match and"
                            + " If-None-Match compare the version (412, 304).")
    @Parameter(name = "key", in = ParameterIn.PATH, required = true, schema = @Schema(implementation = String.class))
    @Parameter(name = "read", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    @Parameter(name = "r", in = ParameterIn.QUERY, schema = @Schema(implementation = Integer.class))
    @Parameter(name = "replica", in = ParameterIn.QUERY, schema = @Schema(implementation = Integer.class))
    @Parameter(name = "maxStaleness", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    @Parameter(name = Answers.POSITION, in = ParameterIn.HEADER, schema = @Schema(implementation = String.class))
    @Parameter(name = HttpHeaders.IF_MATCH, in = ParameterIn.HEADER, schema = @Schema(implementation = String.class))
    @Parameter(
            name = HttpHeaders.IF_NONE_MATCH,
            in = ParameterIn.HEADER,
            schema = @Schema(implementation = String.class))
    @Parameter(name = "timeout", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    public Uni<Response> get(
            @Context HttpServerRequest request, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        Uni<Response> answer = reads.get(KvRead.of(key(request), request, hosted), request.response(), forwardedBy);
        return request.method().equals(HttpMethod.HEAD)
                ? answer.invoke(whole -> head(whole, request.response()))
                : answer;
    }

    /** The platform leaves out the body, and with it how long it would be. */
    private static void head(Response whole, HttpServerResponse http) {
        if (whole.getEntity() instanceof byte[] body) {
            http.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length));
        }
    }

    /** From the path as it came: the platform has folded slashes and dropped what follows a semicolon. */
    private String key(HttpServerRequest request) {
        String path = request.path();
        String raw = path.substring(path.indexOf(PREFIX) + PREFIX.length());
        return Keys.check(Query.decode("key", raw, false), hosted.keySizeBytes());
    }
}
