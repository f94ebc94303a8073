package dev.quorate.api;

import dev.quorate.protocol.Role;
import dev.quorate.protocol.WriteConcern;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Replica;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The five calls of the system that Quorate follows, with its paths, verbs and statuses. Nothing here blocks: a write
 * waits as a {@code Uni}, the leader's record is read where the request arrived.
 */
@Path("/")
@Produces({MediaType.APPLICATION_JSON, Problem.MEDIA_TYPE})
public final class OriginalResource {

    private final HostedReplicas hosted;
    private final Forwarder forwarder;
    private final AtLeader atLeader;
    private final Bodies bodies;
    private final AnswerRoom room;

    OriginalResource(HostedReplicas hosted, Forwarder forwarder, AtLeader atLeader, Bodies bodies, AnswerRoom room) {
        this.bodies = bodies;
        this.room = room;
        this.hosted = hosted;
        this.atLeader = atLeader;
        this.forwarder = forwarder;
    }

    /** Acknowledged when the leader has it on stable storage. */
    @POST
    @Path("write")
    @Consumes(MediaType.APPLICATION_JSON)
    public Uni<Response> write(
            @Context HttpServerRequest request,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String contentType,
            @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        return bodies.read(request).chain(body -> write("write", body, contentType, forwardedBy, false, request));
    }

    /** Acknowledged when {@code w} replicas have it on stable storage. */
    @POST
    @Path("write-with-quorum")
    @Consumes(MediaType.APPLICATION_JSON)
    public Uni<Response> writeWithQuorum(
            @Context HttpServerRequest request,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String contentType,
            @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        return bodies.read(request)
                .chain(body -> write("write-with-quorum", body, contentType, forwardedBy, true, request));
    }

    private Uni<Response> write(
            String call,
            byte[] bytes,
            @Nullable String contentType,
            @Nullable String forwardedBy,
            boolean takesConcern,
            HttpServerRequest request) {
        if (bytes.length > 0 && !isJsonInUtf8(contentType)) {
            throw Problem.unsupportedMediaType();
        }
        WriteBody.Limits limits =
                new WriteBody.Limits(hosted.keySizeBytes(), hosted.valueSizeBytes(), hosted.replicas());
        WriteBody write = WriteBody.parse(bytes, limits);
        WriteConcern asked = write.concern() == null ? WriteConcern.MAJORITY : write.concern();
        WriteConcern concern = takesConcern ? asked : WriteConcern.of(1);
        return hosted.intake()
                .admit(
                        bytes.length,
                        () -> atLeader.call(
                                left -> put(hosted.asked(), write, concern, left, request.response()),
                                (leader, left) -> forwarder.write(call, leader, bytes, left, forwardedBy),
                                timeLeft(request, hosted.writeTimeout()),
                                forwardedBy));
    }

    private Uni<Response> put(
            Replica leader, WriteBody write, WriteConcern concern, Duration timeout, HttpServerResponse http) {
        return leader.put(write.key(), write.value(), null, concern, timeout)
                .map(receipt -> Answers.of(receipt, leader.id(), http));
    }

    /** The leader's newest record; with {@code r}, the newest that {@code r} replicas know. */
    @GET
    @Path("read")
    public Uni<Response> read(
            @Context RoutingContext context, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        HttpServerRequest request = context.request();
        AnswerRoom.Place place = room.place(context);
        return read(request, forwardedBy).map(made -> place.admit(made, request.response()));
    }

    private Uni<Response> read(HttpServerRequest request, @Nullable String forwardedBy) {
        Query query = Query.of(request.query());
        String key = key(query);
        int r = query.number("r", this::outOfRange);
        if (r == 0 || r > hosted.replicas()) {
            throw outOfRange();
        }
        HttpServerResponse http = request.response();
        if (r > 0) {
            return hosted.asked()
                    .reads()
                    .quorum(key, r, hosted.readTimeout())
                    .map(result -> Answers.of(result, key, http));
        }
        return atLeader.call(
                left -> Uni.createFrom()
                        .item(() -> Answers.of(hosted.asked().reads().newest(key), key, http)),
                (leader, left) -> forwarder.read("read", leader, key, null, left, forwardedBy),
                timeLeft(request, hosted.readTimeout()),
                forwardedBy);
    }

    /** What one follower has, read repair included. */
    @GET
    @Path("follower-read")
    public Uni<Response> followerRead(
            @Context RoutingContext context, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        HttpServerRequest request = context.request();
        AnswerRoom.Place place = room.place(context);
        return followerRead(request, forwardedBy).map(made -> place.admit(made, request.response()));
    }

    private Uni<Response> followerRead(HttpServerRequest request, @Nullable String forwardedBy) {
        Query query = Query.of(request.query());
        String key = key(query);
        int id = follower(query);
        Optional<Replica> here = hosted.hosted(id);
        return here.isEmpty()
                ? forwarder.read("follower-read", id, key, id, hosted.readTimeout(), forwardedBy)
                : Uni.createFrom().item(Answers.of(here.get().reads().local(key), key, request.response()));
    }

    /** The leader's newest record, after the replicas that lack it were given it. */
    @GET
    @Path("read-with-repair")
    public Uni<Response> readWithRepair(
            @Context RoutingContext context, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        HttpServerRequest request = context.request();
        AnswerRoom.Place place = room.place(context);
        return readWithRepair(request, forwardedBy).map(made -> place.admit(made, request.response()));
    }

    private Uni<Response> readWithRepair(HttpServerRequest request, @Nullable String forwardedBy) {
        String key = key(Query.of(request.query()));
        HttpServerResponse http = request.response();
        return atLeader.call(
                left -> hosted.asked().reads().withRepair(key, left).map(result -> Answers.of(result, key, http)),
                (leader, left) -> forwarder.read("read-with-repair", leader, key, null, left, forwardedBy),
                timeLeft(request, hosted.readTimeout()),
                forwardedBy);
    }

    /** As {@link #readWithRepair}; the original takes both verbs. */
    @POST
    @Path("read-with-repair")
    public Uni<Response> repair(
            @Context RoutingContext context, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        return readWithRepair(context, forwardedBy);
    }

    private static Duration timeLeft(HttpServerRequest request, Duration own) {
        return Forwarder.timeLeft(request.getHeader(Forwarder.TIME_LEFT), own);
    }

    private String key(Query query) {
        return Keys.check(query.required("key"), hosted.keySizeBytes());
    }

    private Problem outOfRange() {
        return Problem.badRequest("r", "must be 1.." + hosted.replicas()).with("replicas", hosted.replicas());
    }

    private int follower(Query query) {
        int id = query.number("replica", this::noFollower);
        if (!followers().contains(id)) {
            throw noFollower();
        }
        return id;
    }

    private Problem noFollower() {
        List<Integer> followers = followers();
        OptionalInt leader = hosted.leader();
        return Problem.badRequest("replica", "must be a follower, one of " + followers)
                .with("followers", followers)
                .with("leader", leader.isPresent() ? leader.getAsInt() : null);
    }

    private List<Integer> followers() {
        int leader = hosted.leader().orElse(-1);
        return IntStream.range(0, hosted.replicas())
                .filter(id -> id != leader)
                .filter(id -> hosted.hosted(id)
                        .filter(replica -> replica.role() == Role.LEADER)
                        .isEmpty())
                .boxed()
                .toList();
    }

    private static boolean isJsonInUtf8(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        String type = contentType.toLowerCase(Locale.ROOT);
        return !type.contains("charset") || type.contains("utf-8");
    }
}
