package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
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
import org.jspecify.annotations.Nullable;

/** Values by key, as bytes: {@code /kv/{key}}, where each request chooses what its answer promises. */
@Path("kv/{key: .+}")
public final class KvResource {
    private static final String PREFIX = "/kv/";
    private static final String BATCH = "_batch";

    private final HostedReplicas hosted;
    private final KvReads reads;
    private final KvWrites writes;
    private final Bodies bodies;
    private final AnswerRoom room;

    KvResource(HostedReplicas hosted, KvReads reads, KvWrites writes, Bodies bodies, AnswerRoom room) {
        this.bodies = bodies;
        this.room = room;
        this.reads = reads;
        this.writes = writes;
        this.hosted = hosted;
    }

    /** The body is the value; acknowledged when {@code w} replicas have it on stable storage. */
    @PUT
    public Uni<Response> put(
            @Context HttpServerRequest request,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String contentType,
            @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        return bodies.read(request)
                .chain(body -> writes.one(
                        KvWrite.put(key(request), body, type(contentType, request), request, hosted),
                        request.response(),
                        forwardedBy));
    }

    private static @Nullable String type(@Nullable String contentType, HttpServerRequest request) {
        return request.headers().contains(Forwarder.UNTYPED) ? null : contentType;
    }

    /** Removes a key, also one that is not there: that it is not is then as safe as the receipt says. */
    @DELETE
    public Uni<Response> delete(
            @Context HttpServerRequest request, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        return writes.one(KvWrite.delete(key(request), request, hosted), request.response(), forwardedBy);
    }

    /** Several writes in one log entry, at {@code /kv/_batch}: all of them, or none. */
    @POST
    public Uni<Response> batch(
            @Context HttpServerRequest request,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String contentType,
            @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        if (!encodedKey(request).equals(BATCH)) {
            throw Problems.ofStatus(405).header(HttpHeaders.ALLOW, AllowedMethods.OF_A_KEY);
        }
        if (contentType == null || !contentType.toLowerCase(Locale.ROOT).startsWith(MediaType.APPLICATION_JSON)) {
            throw Problem.unsupportedMediaType();
        }
        return bodies.read(request)
                .chain(body -> writes.batch(KvBatch.of(body, request, hosted), request.response(), forwardedBy));
    }

    /** The value's bytes, under the content type that they were written with. */
    @GET
    public Uni<Response> get(
            @Context RoutingContext context, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        HttpServerRequest request = context.request();
        KvRead read = KvRead.of(key(request), request, hosted);
        AnswerRoom.Place place = room.place(context);
        Uni<Response> answer = reads.get(read, request.response(), forwardedBy)
                .map(made -> isCopied(request.response()) ? place.admit(made, request.response()) : made);
        return request.method().equals(HttpMethod.HEAD)
                ? answer.invoke(whole -> head(whole, request.response()))
                : answer;
    }

    /** A value that is stored here is sent as it is; what another process answered has its headers elsewhere. */
    private static boolean isCopied(HttpServerResponse http) {
        return !http.headers().contains(Answers.REPLICA);
    }

    /** The platform leaves out the body, and with it how long it would be. */
    private static void head(Response whole, HttpServerResponse http) {
        if (whole.getEntity() instanceof byte[] body) {
            http.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length));
        }
    }

    private String key(HttpServerRequest request) {
        return Keys.check(Query.decode("key", encodedKey(request), false), hosted.keySizeBytes());
    }

    /** From the path as it came: the platform has folded slashes and dropped what follows a semicolon. */
    private static String encodedKey(HttpServerRequest request) {
        String path = request.path();
        return path.substring(path.indexOf(PREFIX) + PREFIX.length());
    }
}
