package dev.quorate.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quorate.replica.ClusterEvent;
import dev.quorate.replica.ClusterEvents;
import dev.quorate.replica.HostedReplicas;
import io.smallrye.mutiny.Multi;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.ResponseHeader;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the replicas that the process asked hosts, as Server-Sent Events: each process tells of its own alone.
 * A watcher of the whole set reads from every process.
 */
@Path("cluster/events")
public final class EventsResource {
    private static final Logger LOG = Logger.getLogger(EventsResource.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ClusterEvents events;
    private final HostedReplicas hosted;

    EventsResource(ClusterEvents events, HostedReplicas hosted) {
        this.events = events;
        this.hosted = hosted;
    }

    /** The events that are kept, and then those to come. */
    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @ResponseHeader(name = HttpHeaders.CACHE_CONTROL, value = "no-cache")
    public Multi<OutboundSseEvent> events(
            @Context HttpServerRequest request,
            @Context Sse sse,
            @HeaderParam(HttpHeaders.LAST_EVENT_ID_HEADER) @Nullable String lastEventId) {
        OptionalInt replica = HostedHere.asked(Query.of(request.query()), hosted);
        Multi<ClusterEvents.Item> items;
        try {
            items = events.after(lastEventId, replica);
        } catch (IllegalArgumentException e) {
            throw Problem.badRequest(HttpHeaders.LAST_EVENT_ID_HEADER, String.valueOf(e.getMessage()));
        }
        // At once: a client hears that it is connected, however quiet the set is.
        OutboundSseEvent hello =
                sse.newEventBuilder().comment("events of this process").build();
        return Multi.createBy()
                .concatenating()
                .streams(Multi.createFrom().item(hello), items.map(item -> written(item, sse)))
                .onFailure()
                .invoke(failure -> LOG.error("a stream of events failed", failure));
    }

    private static OutboundSseEvent written(ClusterEvents.Item item, Sse sse) {
        if (item instanceof ClusterEvents.Told told) {
            return sse.newEventBuilder()
                    .id(told.id())
                    .data(json(members(told.id(), told.event())))
                    .build();
        }
        if (item instanceof ClusterEvents.Gap gap) {
            return control(sse, "gap", "missing", gap.missing() < 0 ? null : gap.missing(), gap.cause());
        }
        if (item instanceof ClusterEvents.End end) {
            return control(sse, "end", "missed", end.missed(), end.cause());
        }
        return sse.newEventBuilder().comment("idle").build();
    }

    private static OutboundSseEvent control(Sse sse, String name, String member, @Nullable Long count, String cause) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        members.put(member, count);
        members.put("cause", cause);
        return sse.newEventBuilder().name(name).data(json(members)).build();
    }

    private static Map<String, @Nullable Object> members(String id, ClusterEvent event) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        members.put("id", id);
        members.put("replica", event.replica());
        members.put("term", event.term());
        members.put("type", event.type().label());
        members.put("role", event.role().label());
        if (event.reason() != null) {
            members.put("reason", event.reason());
        }
        members.put("cause", event.cause());
        members.put("at", Times.iso(event.atMs()));
        members.putAll(event.details());
        return members;
    }

    private static String json(Map<String, @Nullable Object> members) {
        try {
            return JSON.writeValueAsString(members);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an event's members are text and numbers", e);
        }
    }
}
