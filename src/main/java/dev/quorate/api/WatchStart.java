package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Replica;
import dev.quorate.replica.WatchItem;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import jakarta.ws.rs.NameBinding;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/**
 * Waits, while no thread does, for what a watch begins with, and refuses it where it cannot begin: the platform sends the
 * status of a stream before it asks it for anything, so that this has to be known before there is a stream.
 */
@Singleton
public final class WatchStart {
    private static final String STARTED = WatchStart.class.getName();

    private final HostedReplicas hosted;

    WatchStart(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    /** Of a method that is to find a {@link Started}. */
    @NameBinding
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    @interface Awaited {}

    /** A watch that can begin. Nothing is watched until it is subscribed to. */
    record Started(Replica replica, Multi<List<WatchItem>> items) {}

    /** The one that was started for a request. */
    static Started of(ContainerRequestContext context) {
        if (context.getProperty(STARTED) instanceof Started started) {
            return started;
        }
        throw new IllegalStateException("the method is not marked as one that awaits a watch");
    }

    /** Completes once the request's watch can begin. */
    @ServerRequestFilter
    @Awaited
    public Uni<Void> start(ContainerRequestContext context, HttpServerRequest request) {
        Query query = Query.of(request.query());
        OptionalInt asked = HostedHere.asked(query, hosted);
        Replica replica = asked.isPresent() ? hosted.hosted(asked.getAsInt()).orElseThrow() : hosted.asked();
        String prefix = query.optional("prefix");
        Position from = position("from", query.optional("from"));
        Position last = position(HttpHeaders.LAST_EVENT_ID_HEADER, request.getHeader(HttpHeaders.LAST_EVENT_ID_HEADER));
        Duration timeout = query.duration("timeout", hosted.readTimeout());
        return replica.reads()
                .watch(prefix == null ? "" : prefix, last == null ? from : last, hosted.watchers(), timeout)
                .invoke(items -> context.setProperty(STARTED, new Started(replica, items)))
                .replaceWithVoid();
    }

    private static @Nullable Position position(String name, @Nullable String text) {
        try {
            return text == null ? null : Position.parse(text);
        } catch (IllegalArgumentException e) {
            throw Problem.badRequest(name, "must be a position, such as 3.42");
        }
    }
}
