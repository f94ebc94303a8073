package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Intake;
import dev.quorate.replica.ReplicaException;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Reads bodies as they come, while no thread waits for them: each bounded in size and time, and all together, with the
 * writes that are not answered yet, in bytes. The platform would have a worker thread wait for a body of more than some
 * kilobytes, and wait for ever as long as something comes now and then.
 */
@Singleton
final class Bodies {
    private final Vertx vertx;
    private final Intake intake;
    private final long limitBytes;
    private final Duration timeout;

    Bodies(
            HostedReplicas hosted,
            Vertx vertx,
            @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit) {
        this.vertx = vertx;
        this.intake = hosted.intake();
        this.limitBytes = limit.asLongValue();
        this.timeout = hosted.bodyTimeout();
    }

    /**
     * The body, empty where there is none; emitted on the event loop of the connection, where this has to be subscribed to
     * before anything of the body is read.
     *
     * @throws Problem 408 for one that is late, 413 for one that is too large
     * @throws ReplicaException.Overloaded if bodies take too much already
     */
    Uni<byte[]> read(HttpServerRequest request) {
        return Uni.createFrom().emitter(emitter -> new Reading(request, emitter).begin());
    }

    /** One of them. Touched by its connection's event loop only. */
    private final class Reading {
        private final HttpServerRequest request;
        private final UniEmitter<? super byte[]> emitter;
        private final List<Buffer> parts = new ArrayList<>();
        private long held;
        private long timer;
        private boolean ended;

        Reading(HttpServerRequest request, UniEmitter<? super byte[]> emitter) {
            this.request = request;
            this.emitter = emitter;
        }

        void begin() {
            if (request.isEnded()) {
                emitter.complete(new byte[0]);
                return;
            }
            timer = vertx.setTimer(timeout.toMillis(), id -> late());
            if (!intake.hasRoom(announcedBytes())) {
                refuse(Problems.of(new ReplicaException.Overloaded(intake.tooManyBytes())));
                return; // most of what cannot be taken is not even read
            }
            request.exceptionHandler(this::broken).handler(this::more).endHandler(done -> whole());
            if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
                request.response().writeContinue();
            }
            request.resume();
        }

        private void more(Buffer part) {
            if (ended) {
                return; // what comes between the refusal and the end of the connection
            }
            long bytes = held + part.length();
            if (bytes > limitBytes) {
                refuse(Problem.tooLarge("body", bytes, limitBytes));
            } else if (!intake.hold(part.length(), held)) {
                refuse(Problems.of(new ReplicaException.Overloaded(intake.tooManyBytes())));
            } else {
                held = bytes;
                parts.add(part);
            }
        }

        private void whole() {
            byte[] body = joined();
            if (end()) {
                emitter.complete(body);
            }
        }

        private byte[] joined() {
            byte[] body = new byte[(int) held];
            int at = 0;
            for (Buffer part : parts) {
                part.getBytes(body, at);
                at += part.length();
            }
            return body;
        }

        /** 0 where it does not say. A length that is none, or too large, was refused before. */
        private long announcedBytes() {
            String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
            return length == null ? 0 : Long.parseLong(length);
        }

        private void late() {
            refuse(Problem.of(
                    ProblemType.REQUEST_TIMEOUT,
                    "the body did not come within " + timeout.toMillis() + " ms; " + held + " bytes of it did"));
        }

        /** The client is gone, or what it sends is no body: nobody is there to be told. */
        private void broken(Throwable failure) {
            refuse(Problem.of(ProblemType.BAD_REQUEST, "body: it broke off"));
        }

        private void refuse(Problem problem) {
            if (end()) {
                // What follows on this connection is the body that nobody reads.
                emitter.fail(problem.with("outcome", "none").header(HttpHeaders.CONNECTION.toString(), "close"));
            }
        }

        /** Once, however it ends: what is held is let go. */
        private boolean end() {
            if (ended) {
                return false;
            }
            ended = true;
            vertx.cancelTimer(timer);
            parts.clear(); // the connection, and this with it, may stay for long
            intake.letGo(held);
            return true;
        }
    }
}
