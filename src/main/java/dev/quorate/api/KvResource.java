package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Replica;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
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

    private final HostedReplicas hosted;
    private final Forwarder forwarder;
    private final AtLeader atLeader;
    private final KvReads reads;

    KvResource(HostedReplicas hosted, Forwarder forwarder, AtLeader atLeader, KvReads reads) {
        this.reads = reads;
        this.hosted = hosted;
        this.atLeader = atLeader;
        this.forwarder = forwarder;
    }

    /** The body is the value; acknowledged when {@code w} replicas have it on stable storage. */
    @PUT
    @Operation(
            summary = "Write a value; acknowledged when w replicas have it on stable storage",
            description = "w is 1..N, majority (the default) or all; timeout is 1ms..60s")
    @Parameter(name = "key", in = ParameterIn.PATH, required = true, schema = @Schema(implementation = String.class))
    @Parameter(name = "w", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    @Parameter(name = "timeout", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    public Uni<Response> put(
            byte @Nullable [] body,
            @Context HttpServerRequest request,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String contentType,
            @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        KvWrite write = KvWrite.of(key(request), Query.of(request.query()), body, contentType, hosted);
        return atLeader.call(
                left -> put(hosted.asked(), write.within(left), request.response()),
                (leader, left) -> forwarder.put(leader, write.within(left), forwardedBy),
                write.timeout(),
                forwardedBy);
    }

    private Uni<Response> put(Replica leader, KvWrite write, HttpServerResponse http) {
        return leader.put(write.key(), write.value(), write.contentType(), write.concern(), write.timeout())
                .map(receipt -> Answers.withReceipt(receipt, write.key(), leader.id(), hosted, http));
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
