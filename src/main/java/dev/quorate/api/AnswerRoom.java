package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Intake;
import dev.quorate.replica.ReplicaException;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bounds the bytes of answers that are made for one client each, and that it has not taken: pages of keys, records as JSON,
 * what another process answered. Who asks and does not read has the process hold them, and some hundreds of those would end it.
 * Where there is no room an answer is refused, and who has let one lie for as long as a body may take is hung up on. A value as
 * it is stored is not copied, and not counted. A connection of HTTP/2 is counted until its answer is handed over to it only.
 */
@Singleton
final class AnswerRoom {
    /** What is smaller is bounded by the number of connections. */
    private static final int SMALL_BYTES = 16 << 10;

    private static final List<String> OF_A_READ = List.of(
            HttpHeaders.ETAG,
            HttpHeaders.LAST_MODIFIED,
            HttpHeaders.CACHE_CONTROL,
            Answers.REPLICA,
            Answers.ROLE,
            Answers.POSITION,
            Answers.COMMITTED,
            Answers.STALENESS);

    private final Intake room;
    private final long patienceNanos;
    private final Set<Place> held = ConcurrentHashMap.newKeySet();

    AnswerRoom(HostedReplicas hosted) {
        this.room = hosted.answers();
        this.patienceNanos = hosted.bodyTimeout().toNanos();
    }

    /** That of the answer to a request. To be called on the event loop of the connection, when the request comes. */
    Place place(RoutingContext context) {
        Place place = new Place(context.request().connection());
        context.addEndHandler(answered -> place.letGoOnceTaken());
        return place;
    }

    private void hangUpOnWhoDoesNotRead() {
        long now = System.nanoTime();
        for (Place place : held) {
            if (now - place.sinceNanos > patienceNanos) {
                UnreadWatches.hangUp(place.connection);
            }
        }
    }

    /** What one answer takes. Any thread. */
    final class Place {
        private final HttpConnection connection;
        private final ChannelFutureListener closed = channel -> letGo();
        private volatile long sinceNanos;
        private long bytes;
        private boolean over;

        private Place(HttpConnection connection) {
            this.connection = connection;
        }

        /**
         * Counts what is about to be made, until the client has taken it or is gone.
         *
         * @throws ReplicaException.Overloaded if there is no room
         */
        synchronized void hold(long more) {
            if (over || more < SMALL_BYTES) {
                return;
            }
            if (!room.hold(more, bytes)) {
                hangUpOnWhoDoesNotRead();
                throw new ReplicaException.Overloaded(
                        "answers that were not read yet take " + room.pendingBytes() + " bytes already");
            }
            bytes += more;
            sinceNanos = System.nanoTime();
            if (held.add(this) && connection instanceof ConnectionBase taker) {
                taker.channel().closeFuture().addListener(closed); // that there will be an end is the platform's affair
            }
        }

        /**
         * As {@link #hold}, of an answer that is made, and of what it takes beyond what was counted before.
         *
         * @param http what some of its headers were set on
         */
        Response admit(Response made, HttpServerResponse http) {
            try {
                if (made.getEntity() instanceof byte[] body) {
                    holdAll(body.length);
                }
                return made;
            } catch (ReplicaException.Overloaded e) {
                OF_A_READ.forEach(http.headers()::remove);
                throw e;
            }
        }

        private synchronized void holdAll(long size) {
            hold(size - bytes);
        }

        /** What is written behind the answer is done once that is. */
        private synchronized void letGoOnceTaken() {
            over = bytes == 0;
            if (over) {
                return; // as most are
            }
            if (connection instanceof ConnectionBase taker) {
                ChannelFuture unused =
                        taker.channel().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(taken -> letGo());
            } else {
                letGo();
            }
        }

        private synchronized void letGo() {
            over = true;
            room.letGo(bytes);
            bytes = 0;
            if (held.remove(this) && connection instanceof ConnectionBase taker) {
                taker.channel().closeFuture().removeListener(closed);
            }
        }
    }
}
