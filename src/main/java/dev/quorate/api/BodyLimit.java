package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Refuses a body by its announced length, before a byte of it is read; the platform does so too, but later and without a
 * word. Hangs up on a client that was answered and does not end its body: calls that take none do not read it, and those
 * that do ({@link Bodies}) refuse one while it comes.
 */
@Singleton
final class BodyLimit {
    private final long limitBytes;
    private final long timeoutMs;
    private final Vertx vertx;

    BodyLimit(
            @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit,
            HostedReplicas hosted,
            Vertx vertx) {
        this.limitBytes = limit.asLongValue();
        this.timeoutMs = hosted.bodyTimeout().toMillis();
        this.vertx = vertx;
    }

    void install(@Observes Router router) {
        router.route().order(Integer.MIN_VALUE).handler(this::check);
    }

    private void check(RoutingContext context) {
        HttpServerRequest request = context.request();
        OneAtATime.on(request);
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null || request.headers().contains(HttpHeaders.TRANSFER_ENCODING)) {
            context.addEndHandler(answered -> awaitEnd(context));
        }
        if (length != null && parse(length) > limitBytes) {
            refuse(context, Problem.tooLarge("body", parse(length), limitBytes));
        } else {
            context.next();
        }
    }

    private static void refuse(RoutingContext context, Problem problem) {
        // What follows on this connection is the body that nobody reads.
        context.response()
                .setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
                .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
                .end(Buffer.buffer(problem.json()));
    }

    private void awaitEnd(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.isEnded() || request.version() == HttpVersion.HTTP_2) {
            return;
        }
        HttpConnection connection = request.connection();
        if ("close".equalsIgnoreCase(context.response().headers().get(HttpHeaders.CONNECTION))) {
            connection.close();
        } else {
            // Most come at once, and the connection is of use. The timer knows only that: a request that it knew would
            // be
            // kept, with its body, for as long.
            long timer = vertx.setTimer(timeoutMs, id -> connection.close());
            request.end().onComplete(ended -> vertx.cancelTimer(timer));
        }
    }

    private static long parse(String length) {
        try {
            return Long.parseLong(length);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
