package dev.quorate.replica;

import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Role;
import dev.quorate.store.KeyRecord;
import dev.quorate.store.Store;
import io.smallrye.mutiny.subscription.UniEmitter;
import org.jspecify.annotations.Nullable;

/** Reads that a replica answers out of its own store, at once or when its log is far enough (protocol.md §4). */
final class OwnReads {
    private final int replica;
    private final Store store;
    private final LogView log;
    private final Freshness freshness;
    private final boolean leaderOnly;
    private final LinearizableReads linearizable = new LinearizableReads();
    private final PositionWaits positions;

    /** @param leaderOnly as of {@link Receipt#committed(boolean, boolean)} */
    OwnReads(int replica, Store store, LogView log, Freshness freshness, boolean leaderOnly) {
        this.replica = replica;
        this.store = store;
        this.log = log;
        this.freshness = freshness;
        this.leaderOnly = leaderOnly;
        this.positions = new PositionWaits(log);
    }

    // ---- any thread ------------------------------------------------------------------------------------------------

    /** A leader's newest record. */
    ReadResult newest(String key, ReplicaView now) {
        now.requireServing(replica);
        long stalenessMs = freshness.stalenessMs(now.role());
        return seen(store.get(key), now, stalenessMs);
    }

    /** The newest record, or what read repair gave. */
    ReadResult local(String key, ReplicaView now) {
        now.requireFormed(replica);
        long stalenessMs = freshness.stalenessMs(now.role());
        return seen(store.getLocal(key), now, stalenessMs);
    }

    /** The picture may be a drain older than the store: the answer reflects at least the record's own version. */
    private ReadResult seen(@Nullable KeyRecord record, ReplicaView now, long stalenessMs) {
        Position version = record == null ? Position.NONE : record.version();
        Position position = version.isAfter(now.last()) ? version : now.last();
        long shownIndex = record == null ? now.last().index() : version.index();
        String committed = Receipt.committed(shownIndex <= now.commitIndex(), leaderOnly);
        return new ReadResult(Values.asSeen(record), replica, now.role(), position, committed, stalenessMs);
    }

    // ---- the loop --------------------------------------------------------------------------------------------------

    /** A linearizable read arrived at a leader that takes requests. */
    void linearizable(String key, long round, long deadlineNanos, UniEmitter<? super ReadResult> emitter) {
        LinearizableReads.Answer<ReadResult> answer = (commitIndex, arrived) -> committed(key, commitIndex, arrived);
        linearizable.add(answer, log.lastIndex(), round, deadlineNanos, emitter);
    }

    /** Completes the emitter with when it arrived, once a linearizable read that arrived then can be answered. */
    void confirmed(long round, long deadlineNanos, UniEmitter<? super Long> emitter) {
        linearizable.add((commitIndex, arrived) -> arrived, log.lastIndex(), round, deadlineNanos, emitter);
    }

    /** All that was acknowledged before the read arrived was in the log then, and the round was sent after. */
    private ReadResult committed(String key, long commitIndex, long arrivedNanos) {
        KeyRecord record = store.getCommitted(key, commitIndex);
        Position position = new Position(log.termAt(commitIndex), commitIndex);
        String committed = Receipt.committed(true, leaderOnly);
        long stalenessMs = Freshness.olderMs(System.nanoTime() - arrivedNanos);
        return new ReadResult(Values.asSeen(record), replica, Role.LEADER, position, committed, stalenessMs);
    }

    /** Completes the emitter with the position once it is reached. */
    void reached(Position token, boolean isCommitted, long deadlineNanos, UniEmitter<? super Position> emitter) {
        positions.add(token, isCommitted, deadlineNanos, emitter);
    }

    /** What became of the entry at a position, as far as this replica knows. */
    EntryOutcome outcome(Position position, long commitIndex) {
        boolean isCommitted = position.index() <= commitIndex;
        return switch (PositionWaits.judge(position, log, commitIndex)) {
            case REACHED -> isCommitted ? EntryOutcome.COMMITTED : EntryOutcome.PENDING;
            case DISCARDED -> EntryOutcome.DISCARDED;
            case AHEAD -> EntryOutcome.UNKNOWN;
        };
    }

    /** Once a drain: answers what log, commit index and confirmed round cover by now. */
    void complete(long commitIndex, long confirmedRound) {
        linearizable.complete(commitIndex, confirmedRound);
        positions.complete(commitIndex);
    }

    /** Fails what has waited too long; tells the next deadline, or 0 if none waits. */
    long expire(long nowNanos) {
        long next = linearizable.expire(nowNanos);
        long other = positions.expire(nowNanos);
        return next == 0 || (other != 0 && other - next < 0) ? other : next;
    }

    /** This replica no longer leads. */
    void steppedDown(String why) {
        linearizable.abandon(why);
    }

    /** This replica stopped. */
    void abandon(String why) {
        linearizable.abandon(why);
        positions.abandon(why);
    }
}
