package dev.quorate.peer;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.jspecify.annotations.Nullable;

/** The calls of {@link PeerResource}, as a client. */
@Path("/replicas/{id}")
@Consumes(MediaType.APPLICATION_OCTET_STREAM)
@Produces(MediaType.APPLICATION_OCTET_STREAM)
interface PeerClient {
    @POST
    @Path("{call}")
    Uni<byte[]> call(
            @PathParam("id") int id,
            @PathParam("call") String call,
            @HeaderParam("Quorate-Peer-Secret") @Nullable String secret,
            byte[] message);
}
