package dev.quorate.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quorate.replica.Replica;
import dev.quorate.replica.StoredValue;
import dev.quorate.replica.WatchItem;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.ResponseHeader;

/** The committed changes of keys in the order of the log, as Server-Sent Events, from any replica. */
@Path("watch")
public final class WatchResource {
    private static final Logger LOG = Logger.getLogger(WatchResource.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The changes behind a position, and then those to come. */
    @GET
    @WatchStart.Awaited
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @ResponseHeader(name = HttpHeaders.CACHE_CONTROL, value = "no-cache")
    public Multi<OutboundSseEvent> watch(@Context ContainerRequestContext context, @Context Sse sse) {
        WatchStart.Started started = WatchStart.of(context);
        return started.items()
                .map(item -> written(item, started.replica(), sse))
                .onFailure()
                .invoke(failure -> LOG.error("a watch failed", failure));
    }

    private static OutboundSseEvent written(WatchItem item, Replica replica, Sse sse) {
        OutboundSseEvent.Builder event = sse.newEventBuilder();
        if (item instanceof WatchItem.Told told) {
            if (told.position() != null) {
                event.id(told.position().toString());
            }
            return event.data(told.change().shown(WatchResource::shown)).build();
        }
        Map<String, Object> members = new LinkedHashMap<>();
        if (item instanceof WatchItem.At at) {
            members.put("position", at.position().toString());
            event.name("position").id(at.position().toString());
        } else if (item instanceof WatchItem.End end) {
            members.put("reason", end.reason().label());
            members.put("cause", end.cause());
            members.put("resume", end.resume().toString());
            event.name("end");
        }
        members.put("replica", replica.id());
        return event.data(json(members)).build();
    }

    private static String shown(WatchItem.Change change) {
        Map<String, Object> members = new LinkedHashMap<>();
        StoredValue value = change.value();
        members.put("type", value == null ? "delete" : "put");
        members.put("key", change.key());
        members.put("version", change.version().toString());
        if (value == null) {
            members.put("reason", change.isExpired() ? "expiry" : "delete");
        } else {
            RecordJson.value(value, members);
        }
        return json(members);
    }

    private static String json(Map<String, Object> members) {
        try {
            return JSON.writeValueAsString(members);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("members are text and numbers", e);
        }
    }
}
