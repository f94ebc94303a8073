package dev.quorate.simulation;

import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.Heartbeat;
import java.util.HashMap;
import java.util.Map;

/**
 * What a follower's bound on staleness rests on (protocol.md §4): once it shares the index that a heartbeat names, it
 * lacks nothing that was committed when it answered the round that is named. A request is doubled on no connection, so
 * that its first delivery counts, crashes or not.
 */
final class SimFreshness {
    private final SimReplica replica;
    private final Laws laws;
    private final Map<String, Long> committedWhenTaken = new HashMap<>();
    private int proofs;

    SimFreshness(SimReplica replica, Laws laws) {
        this.replica = replica;
        this.laws = laws;
    }

    /** How often it was shown to be fresh up to some moment. */
    int proofs() {
        return proofs;
    }

    /** Before a message is taken. */
    void taking(Message message) {
        if (message instanceof Heartbeat heartbeat) {
            committedWhenTaken.putIfAbsent(heartbeat.term() + "." + heartbeat.round(), laws.lastCommitted());
        }
    }

    /** After it was. */
    void taken(Message message) {
        if (!(message instanceof Heartbeat heartbeat)
                || heartbeat.provenRound() == 0
                || heartbeat.term() != replica.core().term()
                || heartbeat.provenIndex() > replica.core().sharedIndex()) {
            return;
        }
        Long then = committedWhenTaken.get(heartbeat.term() + "." + heartbeat.provenRound());
        if (then == null) {
            throw new SafetyViolation("replica " + replica.id() + " never took the round that " + heartbeat + " names");
        }
        boolean holds = then <= replica.log().lastIndex()
                && laws.isCommitted(replica.log().get(then));
        if (!holds) {
            throw new SafetyViolation("replica " + replica.id() + " takes itself to be as fresh as when " + then
                    + " was committed, and lacks it: " + heartbeat);
        }
        proofs++;
    }
}
