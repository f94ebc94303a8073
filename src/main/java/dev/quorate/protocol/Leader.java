package dev.quorate.protocol;

import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** What only a leader has; volatile, gone when it steps down. */
final class Leader {
    /** More than a leader ever sends; a decimal, so that a person sees the term in the number. */
    private static final long REQUESTS_A_TERM = 1_000_000_000_000L;

    private final CoreOptions options;
    private final LogView log;
    private final Follower[] followers;
    private final long noOpIndex;
    // Begins with the term: an answer to a request of an earlier one, in which it led too, is never taken for this
    // one's.
    private long sequence;
    private boolean admittingAll;

    // Rounds: one is asked for, later sent, later confirmed by a majority.
    private long round = 1;
    private boolean roundSent;

    // One round is watched from when it is sent until it is confirmed: it tells followers how fresh they are.
    private long watchedRound;
    private long watchedIndex;
    private long provenIndex;

    // On its own clock of ticks, which counts late ticks in full.
    private long nowTick;
    private long nextHeartbeatTick;
    private long syncedSeen;
    private int stalledTicks;

    @Nullable
    Transfer transfer;

    Leader(CoreOptions options, LogView log, long term) {
        this.options = options;
        this.log = log;
        this.noOpIndex = log.lastIndex() + 1;
        this.sequence = term * REQUESTS_A_TERM;
        this.followers = new Follower[options.replicas() - 1];
        int at = 0;
        for (int id = 0; id < options.replicas(); id++) {
            if (id != options.self()) {
                followers[at++] = new Follower(id, noOpIndex);
            }
        }
    }

    Follower[] followers() {
        return followers;
    }

    Follower follower(int id) {
        Invariants.check(id != options.self() && id >= 0 && id <= followers.length, "no follower %d", id);
        return followers[id < options.self() ? id : id - 1];
    }

    long noOpIndex() {
        return noOpIndex;
    }

    /** This leader formed its set just now, when all others held its log. */
    void admitsAll() {
        admittingAll = true;
    }

    boolean isAdmittingAll() {
        return admittingAll;
    }

    long nextSequence() {
        return ++sequence;
    }

    // ---- quorums ---------------------------------------------------------------------------------------------------

    /** The highest index that {@code count} replicas have on stable storage, the leader's own log one of them. */
    long coveredBy(int count) {
        return quorum(log.syncedIndex(), Follower::matchIndex, count);
    }

    /** The latest round that a majority confirmed, this leader among it. */
    long confirmedRound() {
        return quorum(roundSent ? round : round - 1, Follower::ackedRound, options.majority());
    }

    /** Ticks since the last moment by which a majority, this leader among it, had been heard. */
    long ticksWithoutQuorum() {
        return nowTick - quorum(nowTick, Follower::contactTick, options.majority());
    }

    private long quorum(long own, ToLongFunction<Follower> others, int count) {
        long[] all = new long[followers.length + 1];
        for (int i = 0; i < followers.length; i++) {
            all[i] = others.applyAsLong(followers[i]);
        }
        all[followers.length] = own;
        return Quorum.coveredBy(all, count);
    }

    // ---- rounds ----------------------------------------------------------------------------------------------------

    /** The round that will be sent next: one already sent may have been answered before now. */
    long askRound() {
        if (roundSent) {
            round++;
            roundSent = false;
        }
        return round;
    }

    /** Takes the round that was asked for and not yet sent; 0 if there is none. */
    long takeRoundToSend() {
        if (roundSent) {
            return 0;
        }
        roundSent = true;
        watch();
        return round;
    }

    private void watch() {
        if (watchedRound > 0 && (!options.elects() || confirmedRound() >= watchedRound)) {
            provenIndex = watchedIndex;
            for (Follower follower : followers) {
                follower.prove();
            }
            watchedRound = 0;
        }
        if (watchedRound == 0) {
            watchedRound = round;
            watchedIndex = log.lastIndex();
            for (Follower follower : followers) {
                follower.watch();
            }
        }
    }

    /** As in {@link Message.Heartbeat#provenIndex}. */
    long provenIndex() {
        return provenIndex;
    }

    // ---- time ------------------------------------------------------------------------------------------------------

    long nowTick() {
        return nowTick;
    }

    void pass(int elapsedTicks) {
        nowTick += elapsedTicks;
        boolean stalled = log.syncedIndex() < log.lastIndex() && log.syncedIndex() == syncedSeen;
        syncedSeen = log.syncedIndex();
        // A late tick is this process's delay, not the disk's.
        stalledTicks = stalled ? stalledTicks + Math.min(elapsedTicks, options.heartbeatTicks()) : 0;
    }

    boolean isHeartbeatDue() {
        if (nowTick < nextHeartbeatTick) {
            return false;
        }
        nextHeartbeatTick = nowTick + options.heartbeatTicks();
        return true;
    }

    /** Whether its own log has waited for one sync longer than an election time-out. */
    boolean isSyncStalled() {
        return stalledTicks > options.electionTicks();
    }
}
