package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import io.netty.channel.ChannelFuture;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Hangs up on who has not taken what a watch told it for as long as a body may take: others may wait for it. */
@Singleton
final class UnreadWatches {
    private static final long LOOK_MS = 1_000;

    private final Map<HttpConnection, Long> sinceNanos = new ConcurrentHashMap<>();
    private final long patienceNanos;
    private final Vertx vertx;
    private final long timer;

    UnreadWatches(HostedReplicas hosted, Vertx vertx) {
        this.patienceNanos = hosted.bodyTimeout().toNanos();
        this.vertx = vertx;
        this.timer = vertx.setPeriodic(LOOK_MS, id -> hangUpOnWhoDoesNotRead());
    }

    @PreDestroy
    void stop() {
        boolean unused = vertx.cancelTimer(timer);
    }

    /** Something is on its way. */
    void written(HttpConnection connection) {
        sinceNanos.put(connection, System.nanoTime());
    }

    /** It was taken, or never will be. */
    void taken(HttpConnection connection) {
        sinceNanos.remove(connection);
    }

    private void hangUpOnWhoDoesNotRead() {
        long now = System.nanoTime();
        sinceNanos.forEach((connection, since) -> {
            if (now - since > patienceNanos) {
                hangUp(connection);
            }
        });
    }

    static void hangUp(HttpConnection connection) {
        if (connection instanceof ConnectionBase slow) {
            // From the socket's end: every handler before it would first have what it has written taken.
            ChannelFuture unused = slow.channel().pipeline().firstContext().close();
        } else {
            connection.close();
        }
    }
}
