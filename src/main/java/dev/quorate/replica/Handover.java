package dev.quorate.replica;

import dev.quorate.protocol.ReplicaCore;
import dev.quorate.protocol.Role;
import io.smallrye.mutiny.subscription.UniEmitter;
import org.jspecify.annotations.Nullable;

/** Who waits for a transfer of leadership: told the new leader, or that it was given up. Loop thread only. */
final class Handover {
    private @Nullable UniEmitter<? super Integer> asker;

    boolean isAwaited() {
        return asker != null;
    }

    void await(UniEmitter<? super Integer> emitter) {
        asker = emitter;
    }

    /** Another may lead now. */
    void look(ReplicaCore core, int self) {
        int leader = core.leader();
        if (asker != null && leader >= 0 && leader != self) {
            asker.complete(leader);
            asker = null;
        } else if (core.role() == Role.LEADER && core.transferTarget() < 0) {
            failed("replica " + self + " leads on, or again");
        }
    }

    /** It took too long, also to tell who leads. */
    void expire(UniEmitter<? super Integer> emitter) {
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
