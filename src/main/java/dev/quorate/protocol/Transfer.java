package dev.quorate.protocol;

import dev.quorate.protocol.CoreEvent.TransferGivenUp;
import dev.quorate.protocol.Message.TimeoutNow;

/**
 * A leader hands over (thesis §3.10): no new write is taken; when the target holds the whole log and the writes that
 * wait are answered, it is told to stand. After an election time-out, or with the leader's own sync stalled, those
 * writes are waited for no longer; what is not done within another is given up.
 */
final class Transfer {
    private final int target;
    private final Reason reason;
    private int ticks;
    private int toldAtTick = -1;

    Transfer(int target, Reason reason) {
        this.target = target;
        this.reason = reason;
    }

    int target() {
        return target;
    }

    /** Tells the target to stand if all is ready for it. */
    void handOver(ReplicaCore core, Leader leading, CoreOptions options, LogView log, boolean writesWait) {
        boolean patient = reason != Reason.SYNC_STALLED && ticks < options.electionTicks();
        boolean holdsAll = leading.follower(target).heldIndex() == log.lastIndex();
        if (toldAtTick >= 0 || !holdsAll || (writesWait && patient)) {
            return;
        }
        toldAtTick = ticks;
        core.send(new TimeoutNow(options.self(), target, core.term()));
    }

    void pass(ReplicaCore core, Leader leading, CoreOptions options, int elapsedTicks) {
        ticks += elapsedTicks;
        int limit = toldAtTick >= 0 ? toldAtTick + options.electionTicks() : 2 * options.electionTicks();
        if (ticks >= limit) {
            leading.transfer = null;
            core.emit(new TransferGivenUp(target, core.term()));
        }
    }
}
