package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReadResult;
import dev.quorate.replica.Replica;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.function.Function;
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

    KvResource(HostedReplicas hosted, Forwarder forwarder, AtLeader atLeader) {
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
            description = "read is linearizable (the default), leader or local (then replica may name which one);"
                    + " the header Quorate-Position asks for an answer at or after that position")
    @Parameter(name = "key", in = ParameterIn.PATH, required = true, schema = @Schema(implementation = String.class))
    @Parameter(name = "read", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    @Parameter(name = "replica", in = ParameterIn.QUERY, schema = @Schema(implementation = Integer.class))
    @Parameter(name = "timeout", in = ParameterIn.QUERY, schema = @Schema(implementation = String.class))
    public Uni<Response> get(
            @Context HttpServerRequest request,
            @HeaderParam(Answers.POSITION) @Nullable String token,
            @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        KvRead read = KvRead.of(key(request), Query.of(request.query()), token, hosted);
        HttpServerResponse http = request.response();
        if (read.level() == KvRead.Level.LOCAL) {
            boolean here = read.replica() < 0 || hosted.hosted(read.replica()).isPresent();
            return here ? readHere(read, http) : forwarder.get(read.replica(), read, forwardedBy);
        }
        return atLeader.call(
                left -> readHere(read.within(left), http),
                (leader, left) -> forwarder.get(leader, read.within(left), forwardedBy),
                read.timeout(),
                forwardedBy);
    }

    private Uni<Response> readHere(KvRead read, HttpServerResponse http) {
        return read(read).map(result -> Answers.raw(result, read.key(), http));
    }

    private Uni<ReadResult> read(KvRead read) {
        Replica replica = hosted.hosted(read.replica()).orElseGet(hosted::asked);
        Position position = read.position();
        if (position == null) {
            return answer(read, replica);
        }
        Function<Position, Uni<? extends ReadResult>> then = reached -> answer(read, replica);
        return replica.reached(position, read.timeout())
                .onItem()
                .transformToUni(then)
                .map(result -> result.atLeast(position));
    }

    private static Uni<ReadResult> answer(KvRead read, Replica replica) {
        return switch (read.level()) {
            case LEADER -> Uni.createFrom().item(() -> replica.read(read.key()));
            case LINEARIZABLE -> replica.linearizableRead(read.key(), read.timeout());
            case LOCAL -> Uni.createFrom().item(() -> replica.localRead(read.key()));
        };
    }

    /** From the path as it came: the platform has folded slashes and dropped what follows a semicolon. */
    private String key(HttpServerRequest request) {
        String path = request.path();
        String raw = path.substring(path.indexOf(PREFIX) + PREFIX.length());
        return Keys.check(Query.decode("key", raw, false), hosted.keySizeBytes());
    }
}
