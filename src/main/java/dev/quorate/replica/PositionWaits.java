package dev.quorate.replica;

import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Position;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Reads with a session token: each waits until this replica has reached the position, or knows that it was discarded
 * (protocol.md §4). Few wait at a time, and only where a replica is behind, so that all are judged again whenever the
 * log moved. Loop thread only.
 */
final class PositionWaits {
    private final LogView log;
    private final List<Wait> waits = new ArrayList<>();

    private record Wait(Position token, boolean committed, long deadlineNanos, UniEmitter<? super Position> emitter) {
        Standing standing(LogView log, long commitIndex) {
            Standing standing = judge(token, log, commitIndex);
            boolean early = committed && token.index() > commitIndex;
            return standing == Standing.REACHED && early ? Standing.AHEAD : standing;
        }
    }

    /** What a token is to a replica. */
    enum Standing {
        /** The entry is applied here. */
        REACHED,
        /** It will never be: a committed entry has taken its place. */
        DISCARDED,
        /** Not known yet. */
        AHEAD
    }

    PositionWaits(LogView log) {
        this.log = log;
    }

    /**
     * Judges a token: reached where the entry at its index is of its term; discarded as soon as a committed entry at or
     * below its index has a higher term, or the committed one at its index has another.
     */
    static Standing judge(Position token, LogView log, long commitIndex) {
        if (token.index() <= log.lastIndex() && log.termAt(token.index()) == token.term()) {
            return Standing.REACHED;
        }
        // Terms never fall along the log: the last committed entry at or below has the highest.
        long committed = Math.min(token.index(), commitIndex);
        boolean replaced = committed == token.index() || log.termAt(committed) > token.term();
        return replaced ? Standing.DISCARDED : Standing.AHEAD;
    }

    /**
     * Completes the emitter with the token once it is reached.
     *
     * @param committed whether it is to be known as committed, too
     */
    void add(Position token, boolean committed, long deadlineNanos, UniEmitter<? super Position> emitter) {
        waits.add(new Wait(token, committed, deadlineNanos, emitter));
    }

    /** Answers what is reached or discarded by now. */
    void complete(long commitIndex) {
        for (Iterator<Wait> each = waits.iterator(); each.hasNext(); ) {
            Wait wait = each.next();
            Standing standing = wait.standing(log, commitIndex);
            if (standing == Standing.REACHED) {
                each.remove();
                wait.emitter.complete(wait.token);
            } else if (standing == Standing.DISCARDED) {
                each.remove();
                wait.emitter.fail(new ReplicaException.PositionDiscarded(wait.token));
            }
        }
    }

    /** Fails what has waited too long; tells when the next of them has, or 0 if none waits. */
    long expire(long nowNanos) {
        return Expiry.failOverdue(
                waits.iterator(),
                nowNanos,
                Wait::deadlineNanos,
                wait -> wait.emitter.fail(new ReplicaException.PositionNotReached(wait.token, log.lastPosition())));
    }

    /** Fails all: this replica stopped. */
    void abandon(String why) {
        waits.forEach(wait -> wait.emitter.fail(new ReplicaException.Unavailable(why)));
        waits.clear();
    }
}
