package dev.quorate.peer;

import dev.quorate.replica.HostedReplicas;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Refuses who does not know the peer secret by the head of the request: bodies between replicas are large and not counted,
 * so that a stranger's must not even be read. {@link PeerResource} asks again: its paths have other spellings.
 */
@Singleton
final class PeerGate {
    private final HostedReplicas hosted;

    PeerGate(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    void install(@Observes Router router) {
        router.route("/replicas/*").order(Integer.MIN_VALUE).handler(this::check);
    }

    private void check(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (hosted.isOpenTo(request.getHeader("Quorate-Peer-Secret"))) {
            context.next();
            return;
        }
        context.response()
                .setStatusCode(403)
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain")
                .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
                .end("the peer secret is missing or wrong")
                .onComplete(answered -> request.connection().close());
    }
}
