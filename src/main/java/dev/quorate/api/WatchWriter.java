package dev.quorate.api;

import dev.quorate.replica.ReplicaException;
import dev.quorate.replica.WatchItem;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Flow;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Writes a watch: what there is for it at a time as one buffer, and more only once that has gone to the socket. The platform
 * writes an event at a time, each made anew, which is what a thousand watchers cost. Who has not taken one for as long as a
 * body may take is hung up on: others may wait for it.
 */
@Provider
@Singleton
public final class WatchWriter implements ServerMessageBodyWriter<WatchStart.Started> {
    private static final Logger LOG = Logger.getLogger(WatchWriter.class);

    private final Instance<UnreadWatches> unread;

    /** @param unread looked up when there is a watch: a writer is made before there is a Vert.x */
    WatchWriter(Instance<UnreadWatches> unread) {
        this.unread = unread;
    }

    @Override
    public boolean isWriteable(
            Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return type == WatchStart.Started.class;
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return type == WatchStart.Started.class;
    }

    @Override
    public void writeTo(
            WatchStart.Started watch,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream out) {
        throw new UnsupportedOperationException("a watch has no end to wait for");
    }

    @Override
    public void writeResponse(WatchStart.Started watch, Type genericType, ServerRequestContext context) {
        ResteasyReactiveRequestContext request = (ResteasyReactiveRequestContext) context;
        request.suspend();
        request.serverResponse().setPreCommitListener(null); // it would add a charset to the type
        HttpServerResponse response = request.serverRequest().unwrap(HttpServerResponse.class);
        response.setChunked(true);
        response.putHeader(HttpHeaders.CONTENT_TYPE, MediaType.SERVER_SENT_EVENTS);
        response.putHeader("X-SSE-Content-Type", MediaType.TEXT_PLAIN);
        response.putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
        watch.items().subscribe().withSubscriber(new Stream(watch.replica().id(), request, response, unread.get()));
    }

    /** A connection that watches. One buffer is on its way at a time. */
    private static final class Stream implements MultiSubscriber<List<WatchItem>> {
        private final int replica;
        private final ResteasyReactiveRequestContext request;
        private final HttpServerResponse response;
        private volatile Flow.@Nullable Subscription watch;
        private final UnreadWatches unread;
        private final HttpConnection connection;

        Stream(int replica, ResteasyReactiveRequestContext request, HttpServerResponse response, UnreadWatches unread) {
            this.unread = unread;
            this.connection =
                    request.serverRequest().unwrap(HttpServerRequest.class).connection();
            this.replica = replica;
            this.request = request;
            this.response = response;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            watch = subscription;
            response.closeHandler(closed -> subscription.cancel());
            if (response.closed()) {
                subscription.cancel(); // it was before it had the handler
            } else {
                subscription.request(1);
            }
        }

        /** Makes the events on the thread that tells of them; event loops have only to write. */
        @Override
        public void onItem(List<WatchItem> items) {
            Flow.Subscription subscription = Objects.requireNonNull(watch);
            try {
                unread.written(connection);
                response.write(WatchEvents.of(items, replica)).onComplete(written -> {
                    unread.taken(connection);
                    if (written.succeeded()) {
                        subscription.request(1);
                    } else {
                        subscription.cancel();
                    }
                });
            } catch (RuntimeException | Error e) {
                unread.taken(connection);
                subscription.cancel(); // nobody else knows
                onFailure(e);
            }
        }

        @Override
        public void onFailure(Throwable failure) {
            if (failure instanceof ReplicaException refusal && !response.headWritten()) {
                refuse(Problems.of(refusal));
            } else {
                LOG.error("a watch failed", failure);
                response.reset(); // no last chunk: the client knows that this is not the end
            }
            request.close();
        }

        private void refuse(Problem problem) {
            response.setChunked(false).setStatusCode(problem.status());
            response.headers().remove("X-SSE-Content-Type").remove(HttpHeaders.CACHE_CONTROL);
            problem.headers().forEach(response::putHeader);
            response.putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE);
            response.end(Buffer.buffer(problem.json()));
        }

        @Override
        public void onCompletion() {
            response.end();
            request.close();
        }
    }
}
