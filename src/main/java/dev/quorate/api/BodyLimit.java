package dev.quorate.api;

import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Refuses a body by its announced length, before a byte of it is read. The platform does so too, but later and without
 * a word; one that announces no length it cuts off at the same limit.
 */
@Singleton
final class BodyLimit {
    private final long limitBytes;

    BodyLimit(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit) {
        this.limitBytes = limit.asLongValue();
    }

    void install(@Observes Router router) {
        router.route().order(Integer.MIN_VALUE).handler(this::check);
    }

    private void check(RoutingContext context) {
        String length = context.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null || length.length() < 7) {
            context.next();
            return;
        }
        long announcedBytes = parse(length);
        if (announcedBytes <= limitBytes) {
            context.next();
            return;
        }
        HttpServerResponse response = context.response();
        response.setStatusCode(413)
                .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
                // What follows on this connection is the body that nobody reads.
                .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
                .end(io.vertx.core.buffer.Buffer.buffer(
                        Problem.tooLarge("body", announcedBytes, limitBytes).json()))
                .onComplete(done -> context.request().connection().close());
    }

    private static long parse(String length) {
        try {
            return Long.parseLong(length);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
