package dev.quorate.api;

import dev.quorate.protocol.Role;
import dev.quorate.protocol.WriteConcern;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReadResult;
import dev.quorate.replica.Receipt;
import dev.quorate.replica.Replica;
import dev.quorate.replica.StoredValue;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** The five calls of the original, with its paths, verbs and status codes. */
@Path("/")
@Produces({MediaType.APPLICATION_JSON, "application/problem+json"})
@NonBlocking
public final class OriginalResource {
    private final HostedReplicas hosted;
    private final Forwarder forwarder;

    OriginalResource(HostedReplicas hosted, Forwarder forwarder) {
        this.hosted = hosted;
        this.forwarder = forwarder;
    }

    // ---- writes ----------------------------------------------------------------------------------------------------

    /** Writes a record; answers when the leader has it on stable storage. */
    @POST
    @Path("write")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Write: acknowledged when the leader has it on stable storage")
    public Uni<Response> write(@HeaderParam(OtherProcess.FORWARDED) @Nullable String by, byte @Nullable [] body) {
        byte[] raw = body == null ? new byte[0] : body;
        WriteBody write = WriteBody.parse(raw);
        return write(by, write, WriteConcern.of(1), (other, self) -> other.write(self, raw));
    }

    /** Writes a record; answers when {@code w} replicas have it on stable storage. */
    @POST
    @Path("write-with-quorum")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Write: acknowledged when w replicas have it on stable storage")
    public Uni<Response> writeWithQuorum(
            @HeaderParam(OtherProcess.FORWARDED) @Nullable String by, byte @Nullable [] body) {
        byte[] raw = body == null ? new byte[0] : body;
        WriteBody write = WriteBody.parse(raw);
        WriteConcern concern = write.concern() == null ? WriteConcern.MAJORITY : write.concern();
        return write(by, write, concern, (other, self) -> other.writeWithQuorum(self, raw));
    }

    private Uni<Response> write(@Nullable String by, WriteBody write, WriteConcern concern, Forwarder.Call forward) {
        String key = Keys.check(write.key(), hosted.keySizeBytes());
        byte[] value = write.value().getBytes(StandardCharsets.UTF_8);
        if (value.length > hosted.valueSizeBytes()) {
            throw Problem.tooLarge("the value has " + value.length + " bytes; at most " + hosted.valueSizeBytes()
                            + " are taken")
                    .with("member", "value");
        }
        checkConcern(concern);
        if (!forwarder.isLeaderHere()) {
            return forwarder.toLeader(by, true, forward);
        }
        return hosted.asked()
                .put(key, value, null, concern, hosted.writeTimeout())
                .map(OriginalResource::written);
    }

    private void checkConcern(WriteConcern concern) {
        try {
            concern.required(hosted.replicas());
        } catch (IllegalArgumentException e) {
            throw Problem.badRequest(String.valueOf(e.getMessage())).with("member", "w");
        }
    }

    private static Response written(Receipt receipt) {
        return Response.noContent()
                .header("ETag", "\"" + receipt.version() + "\"")
                .header("Quorate-Position", receipt.version().toString())
                .header("Quorate-Committed", receipt.committed())
                .build();
    }

    // ---- reads -----------------------------------------------------------------------------------------------------

    /** Reads the leader's newest record, or with {@code r} the newest of so many replicas. */
    @GET
    @Path("read")
    @Operation(summary = "Read the leader's newest record; with r, the newest of r replicas")
    public Uni<Response> read(@HeaderParam(OtherProcess.FORWARDED) @Nullable String by, @Context UriInfo uri) {
        String key = key(uri);
        String r = single(uri, "r");
        if (r != null) {
            int replicas = number(r, "r", 1, hosted.replicas());
            return hosted.asked()
                    .quorumRead(key, replicas, hosted.readTimeout())
                    .map(OriginalResource::answer);
        }
        if (!forwarder.isLeaderHere()) {
            return forwarder.toLeader(by, false, (other, self) -> other.read(self, key));
        }
        return Uni.createFrom().item(answer(hosted.asked().read(key)));
    }

    /** Reads what one follower has. */
    @GET
    @Path("follower-read")
    @Operation(summary = "Read what one follower has, as it lags")
    public Uni<Response> followerRead(@HeaderParam(OtherProcess.FORWARDED) @Nullable String by, @Context UriInfo uri) {
        String key = key(uri);
        int id = follower(single(uri, "replica"));
        Optional<Replica> here = hosted.hosted(id);
        if (here.isEmpty()) {
            return forwarder.to(id, by, false, (other, self) -> other.followerRead(self, key, id));
        }
        return Uni.createFrom().item(answer(here.get().localRead(key)));
    }

    /** Reads the leader's newest record and gives it to followers that are behind. */
    @GET
    @Path("read-with-repair")
    @Operation(operationId = "readWithRepair", summary = "Read the leader's newest record and repair stale followers")
    public Uni<Response> readWithRepair(
            @HeaderParam(OtherProcess.FORWARDED) @Nullable String by, @Context UriInfo uri) {
        String key = key(uri);
        if (!forwarder.isLeaderHere()) {
            return forwarder.toLeader(by, false, (other, self) -> other.readWithRepair(self, key));
        }
        return hosted.asked().readWithRepair(key, hosted.readTimeout()).map(OriginalResource::answer);
    }

    /** As {@link #readWithRepair}: the original takes both verbs. */
    @POST
    @Path("read-with-repair")
    @Operation(operationId = "postReadWithRepair", summary = "As GET: the original takes both verbs")
    public Uni<Response> postReadWithRepair(
            @HeaderParam(OtherProcess.FORWARDED) @Nullable String by, @Context UriInfo uri) {
        return readWithRepair(by, uri);
    }

    private static Response answer(ReadResult result) {
        StoredValue value = result.value();
        if (value == null) {
            throw new Problem(404, "no-such-key", "Not found", "that replica has no such key")
                    .with("replica", result.replica())
                    .with("role", result.role().label());
        }
        return Response.ok(RecordJson.write(value), MediaType.APPLICATION_JSON_TYPE)
                .header("ETag", "\"" + value.version() + "\"")
                .header("Quorate-Replica", result.replica())
                .header("Quorate-Role", result.role().label())
                .header("Quorate-Position", result.position().toString())
                .lastModified(Date.from(Instant.ofEpochMilli(value.timestampMs())))
                .build();
    }

    // ---- parameters ------------------------------------------------------------------------------------------------

    private String key(UriInfo uri) {
        return Keys.check(single(uri, "key"), hosted.keySizeBytes());
    }

    private static @Nullable String single(UriInfo uri, String name) {
        List<String> values = uri.getQueryParameters().get(name);
        if (values == null || values.isEmpty()) {
            return null;
        }
        if (values.size() > 1) {
            throw Problem.badRequest(name + " is given " + values.size() + " times")
                    .with("member", name);
        }
        return values.get(0);
    }

    private static int number(String text, String name, int least, int most) {
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below: what is no number is as wrong as one that is out of range.
        }
        throw Problem.badRequest(name + " must be " + least + ".." + most).with("member", name);
    }

    private int follower(@Nullable String text) {
        List<Integer> followers = new ArrayList<>();
        int leader = hosted.leader().orElse(-1);
        for (int id = 0; id < hosted.replicas(); id++) {
            boolean leadsHere =
                    hosted.hosted(id).map(r -> r.role() == Role.LEADER).orElse(false);
            if (id != leader && !leadsHere) {
                followers.add(id);
            }
        }
        for (int id : followers) {
            if (String.valueOf(id).equals(text)) {
                return id;
            }
        }
        throw Problem.badRequest("replica must be one of the followers " + followers)
                .with("member", "replica");
    }
}
