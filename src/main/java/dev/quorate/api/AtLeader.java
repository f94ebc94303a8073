package dev.quorate.api;

import dev.quorate.replica.ReplicaException;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Has a call done by the leader, wherever it is (protocol.md §6). While there is none, or where it is certain that
 * nothing was done, the replica that the client asked tries again, until the request's time is over; one that got the
 * call passed on answers at once, since the first does the waiting.
 */
@Singleton
final class AtLeader {
    /** A fraction of the time an election takes. */
    private static final Duration PAUSE = Duration.ofMillis(20);

    private static final String NOTHING_DONE = "\"outcome\":\"none\"";
    private static final String TYPE = "\"type\":\"" + ProblemType.UNAVAILABLE.urn() + "\"";

    private final IntSupplier leaderElsewhere;

    @Inject
    AtLeader(Forwarder forwarder) {
        this(forwarder::leaderElsewhere);
    }

    /** As {@link Forwarder#leaderElsewhere} says where the leader is. */
    AtLeader(IntSupplier leaderElsewhere) {
        this.leaderElsewhere = leaderElsewhere;
    }

    private record Call(
            Function<Duration, Uni<Response>> here,
            BiFunction<Integer, Duration, Uni<Response>> there,
            boolean repeatable) {
        boolean mayBeSentAgain(Throwable failure) {
            return failure instanceof ReplicaException.Unavailable
                    || (repeatable && failure instanceof ReplicaException.Unknown);
        }
    }

    /**
     * Has it done; both ways are told how much of the time is left.
     *
     * @param here the call, where this process hosts the leader; fails with {@link ReplicaException.Unavailable} when
     *     nothing was done
     * @param there the call, passed on to the process of that replica
     * @param timeout how long a leader is waited for
     * @param forwardedBy who passed the call on to here, or null
     */
    Uni<Response> call(
            Function<Duration, Uni<Response>> here,
            BiFunction<Integer, Duration, Uni<Response>> there,
            Duration timeout,
            @Nullable String forwardedBy) {
        return call(here, there, timeout, forwardedBy, false);
    }

    /**
     * As {@link #call(Function, BiFunction, Duration, String)}.
     *
     * @param repeatable whether doing it twice is doing it once: it is tried again also where it may have been done
     */
    Uni<Response> call(
            Function<Duration, Uni<Response>> here,
            BiFunction<Integer, Duration, Uni<Response>> there,
            Duration timeout,
            @Nullable String forwardedBy,
            boolean repeatable) {
        Call call = new Call(here, there, repeatable);
        return forwardedBy != null ? once(call, timeout) : attempt(call, System.nanoTime() + timeout.toNanos(), false);
    }

    /** @param mayBeDone whether an attempt before this one may have done it: then no later one can tell that nothing was done */
    private Uni<Response> attempt(Call call, long deadlineNanos, boolean mayBeDone) {
        Duration left = Duration.ofNanos(Math.max(1_000_000, deadlineNanos - System.nanoTime()));
        return once(call, left).onItemOrFailure().transformToUni((answer, failure) -> {
            boolean nothingDone = failure == null ? saysNothingDone(answer) : saysNothingDone(failure);
            boolean again = failure == null ? maySendAgain(answer, call.repeatable()) : call.mayBeSentAgain(failure);
            if (again && System.nanoTime() + PAUSE.toNanos() - deadlineNanos < 0) {
                return Uni.createFrom()
                        .voidItem()
                        .onItem()
                        .delayIt()
                        .by(PAUSE)
                        .chain(() -> attempt(call, deadlineNanos, mayBeDone || !nothingDone));
            }
            if (mayBeDone && nothingDone) {
                return Uni.createFrom()
                        .failure(new ReplicaException.Unknown(
                                "the first attempt was not answered, and none after it could be done"));
            }
            return failure == null
                    ? Uni.createFrom().item(answer)
                    : Uni.createFrom().failure(failure);
        });
    }

    private static boolean saysNothingDone(Throwable failure) {
        return failure instanceof ReplicaException.Unavailable
                || failure instanceof ReplicaException.Overloaded
                || failure instanceof ReplicaException.NoSpace;
    }

    private static boolean saysNothingDone(Response answer) {
        return answer.getStatus() >= 500
                && answer.getEntity() instanceof byte[] body
                && new String(body, StandardCharsets.UTF_8).contains(NOTHING_DONE);
    }

    private Uni<Response> once(Call call, Duration left) {
        return Uni.createFrom().deferred(() -> {
            int elsewhere = leaderElsewhere.getAsInt();
            return elsewhere < 0 ? call.here().apply(left) : call.there().apply(elsewhere, left);
        });
    }

    /** No other 503 says so: the platform, or a proxy, may answer with one after the call was done. */
    private static boolean maySendAgain(Response answer, boolean repeatable) {
        if (answer.getStatus() != 503 || !(answer.getEntity() instanceof byte[] body)) {
            return false;
        }
        String document = new String(body, StandardCharsets.UTF_8);
        return document.contains(TYPE) && (repeatable || document.contains(NOTHING_DONE));
    }
}
