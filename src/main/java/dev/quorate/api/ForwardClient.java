package dev.quorate.api;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** The public calls of another process, made in a client's stead. */
@Path("/")
interface ForwardClient {
    /** A write, its body as it came. */
    @POST
    @Path("{call}")
    @Consumes(MediaType.APPLICATION_JSON)
    Uni<RestResponse<byte[]>> write(
            @PathParam("call") String call, @HeaderParam(Forwarder.FORWARDED) int by, byte[] body);

    /** A read. The client encodes the key, escapes in it included. */
    @GET
    @Path("{call}")
    Uni<RestResponse<byte[]>> read(
            @PathParam("call") String call,
            @HeaderParam(Forwarder.FORWARDED) int by,
            @QueryParam("key") String key,
            @QueryParam("replica") @Nullable Integer replica);
}
