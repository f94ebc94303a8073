package dev.quorate.replica;

import dev.quorate.protocol.Reason;
import dev.quorate.protocol.ReplicaCore;
import dev.quorate.protocol.Role;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Hands leadership over, and tells who asked for it the new leader, or that it was given up. One at a time; loop thread
 * only, but for the two that return a {@code Uni}.
 */
final class Handover {
    private final Replica replica;
    private final ReplicaCore core;
    private final Performer performer;
    private final Loop loop;
    private final Duration electionTimeout;
    private @Nullable UniEmitter<? super Integer> asker;

    Handover(Replica replica, ReplicaCore core, Performer performer, Loop loop, Duration electionTimeout) {
        this.replica = replica;
        this.core = core;
        this.performer = performer;
        this.loop = loop;
        this.electionTimeout = electionTimeout;
    }

    /** As {@link Replica#transferLeadership}. */
    Uni<Integer> to(int target) {
        return Uni.createFrom()
                .emitter(emitter -> replica.offer(emitter, () -> {
                    if (core.role() != Role.LEADER) {
                        emitter.fail(
                                new ReplicaException.Unavailable(replica.view().whyNot(replica.id())));
                    } else if (target == replica.id()) {
                        emitter.complete(target);
                    } else {
                        begin(target, Reason.REQUESTED, emitter);
                    }
                }));
    }

    /** As {@link Replica#handOver}. */
    Uni<Boolean> toOneOf(IntPredicate allowed) {
        AtomicInteger tried = new AtomicInteger(-1);
        Uni<Integer> done = Uni.createFrom()
                .emitter(emitter -> replica.offer(emitter, () -> {
                    if (core.role() != Role.LEADER) {
                        emitter.complete(replica.id());
                        return;
                    }
                    int target = core.bestTarget(allowed);
                    tried.set(target);
                    if (target < 0) {
                        emitter.fail(new ReplicaException.Unavailable("no replica can take over"));
                    } else {
                        begin(target, Reason.SHUTDOWN, emitter);
                    }
                }));
        return done.replaceWith(true)
                .onFailure(ReplicaException.class)
                .recoverWithUni(() -> tried.get() < 0
                        ? Uni.createFrom().item(false)
                        : toOneOf(other -> other != tried.get() && allowed.test(other)));
    }

    private void begin(int target, Reason reason, UniEmitter<? super Integer> emitter) {
        if (core.transferTarget() >= 0 || asker != null) {
            emitter.fail(new ReplicaException.Unavailable("replica " + replica.id() + " is handing over already"));
            return;
        }
        performer.perform(core.transfer(target, reason));
        if (core.transferTarget() == target) {
            asker = emitter;
            loop.after(electionTimeout.multipliedBy(3), () -> expire(emitter));
        } else {
            emitter.fail(new ReplicaException.Unavailable("replica " + target + " does not answer, or does not count"));
        }
    }

    /** Another may lead now. */
    void look() {
        int leader = core.leader();
        if (asker != null && leader >= 0 && leader != replica.id()) {
            asker.complete(leader);
            asker = null;
        } else if (core.role() == Role.LEADER && core.transferTarget() < 0) {
            failed("replica " + replica.id() + " leads on, or again");
        }
    }

    /** It took too long, also to tell who leads. */
    private void expire(UniEmitter<? super Integer> emitter) {
        if (asker == emitter) {
            failed("it is not known in time who leads");
        }
    }

    void failed(String why) {
        if (asker != null) {
            asker.fail(new ReplicaException.Unavailable(why));
            asker = null;
        }
    }
}
