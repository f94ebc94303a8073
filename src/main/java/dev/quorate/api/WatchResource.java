package dev.quorate.api;

import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;

/** The committed changes of keys in the order of the log, as Server-Sent Events, from any replica. */
@Path("watch")
public final class WatchResource {
    /** The changes behind a position, and then those to come. */
    @GET
    @WatchStart.Awaited
    @NonBlocking
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public WatchStart.Started watch(@Context ContainerRequestContext context) {
        return WatchStart.of(context);
    }
}
