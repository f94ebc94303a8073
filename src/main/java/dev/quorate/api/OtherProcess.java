package dev.quorate.api;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/** The original calls, as another process of the set answers them. */
@Path("/")
@Consumes(MediaType.APPLICATION_JSON)
interface OtherProcess {
    String FORWARDED = "Quorate-Forwarded";

    @POST
    @Path("write")
    Uni<Response> write(@HeaderParam(FORWARDED) int by, byte[] body);

    @POST
    @Path("write-with-quorum")
    Uni<Response> writeWithQuorum(@HeaderParam(FORWARDED) int by, byte[] body);

    @GET
    @Path("read")
    Uni<Response> read(@HeaderParam(FORWARDED) int by, @QueryParam("key") String key);

    @GET
    @Path("follower-read")
    Uni<Response> followerRead(
            @HeaderParam(FORWARDED) int by,
            @QueryParam("key") String key,
            @QueryParam("replica") @Nullable Integer replica);

    @GET
    @Path("read-with-repair")
    Uni<Response> readWithRepair(@HeaderParam(FORWARDED) int by, @QueryParam("key") String key);
}
