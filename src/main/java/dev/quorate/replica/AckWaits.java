package dev.quorate.replica;

import dev.quorate.protocol.Position;
import dev.quorate.protocol.Quorum;
import dev.quorate.protocol.ReplicaCore;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The writes that wait for replicas. One queue a number of replicas, in index order, so that a match index that moves
 * completes a prefix of each; nothing is looked for. Loop thread only.
 */
final class AckWaits {
    private final int replicas;
    private final boolean leaderOnly;
    private final List<ArrayDeque<Wait>> byRequired = new ArrayList<>();
    private final PriorityQueue<Wait> byDeadline =
            new PriorityQueue<>((a, b) -> Long.compare(a.deadlineNanos - b.deadlineNanos, 0));
    private int pending;

    AckWaits(int replicas, boolean leaderOnly) {
        this.replicas = replicas;
        this.leaderOnly = leaderOnly;
        for (int required = 0; required <= replicas; required++) {
            byRequired.add(new ArrayDeque<>());
        }
    }

    // Repeats of writes: of entries older than those that wait, so that they would be behind them in vain.
    private final List<Wait> repeats = new ArrayList<>();

    private static final class Wait {
        private final Position version;
        private final boolean created;
        private final boolean replayed;
        private final int required;
        private final long deadlineNanos;
        private @Nullable UniEmitter<? super Receipt> emitter;

        Wait(
                Position version,
                boolean created,
                boolean replayed,
                int required,
                long deadlineNanos,
                UniEmitter<? super Receipt> emitter) {
            this.version = version;
            this.created = created;
            this.replayed = replayed;
            this.required = required;
            this.deadlineNanos = deadlineNanos;
            this.emitter = emitter;
        }
    }

    /** How many writes wait. */
    int pending() {
        return pending;
    }

    /** Has the emitter completed when {@code required} replicas cover the version. Versions come in order. */
    void add(Position version, boolean created, int required, long deadlineNanos, UniEmitter<? super Receipt> emitter) {
        Wait wait = new Wait(version, created, false, required, deadlineNanos, emitter);
        byRequired.get(required).add(wait);
        byDeadline.add(wait);
        pending++;
    }

    /** As {@link #add}, of a write that an earlier try has done: its version is any in the log. */
    void addRepeat(
            Position version, boolean created, int required, long deadlineNanos, UniEmitter<? super Receipt> emitter) {
        Wait wait = new Wait(version, created, true, required, deadlineNanos, emitter);
        repeats.add(wait);
        byDeadline.add(wait);
        pending++;
    }

    /**
     * Completes what is covered: by {@code required} replicas up to the entry and the no-op of this leader, and, from a
     * majority on, committed (protocol.md §2.6).
     */
    void complete(ReplicaCore core) {
        if (pending == 0) {
            return;
        }
        for (int required = 1; required <= replicas; required++) {
            ArrayDeque<Wait> waits = byRequired.get(required);
            if (!waits.isEmpty()) {
                completeUpTo(waits, covered(required, core), core);
            }
        }
        completeRepeats(core);
        forgetDeadlines();
    }

    /** Up to where a write that asks for so many is done; -1 before this leader's no-op is. */
    private long covered(int required, ReplicaCore core) {
        long covered = core.coveredBy(required);
        if (covered < core.noOpIndex()) {
            return -1;
        }
        return required >= Quorum.majority(replicas) ? Math.min(covered, core.commitIndex()) : covered;
    }

    private void completeRepeats(ReplicaCore core) {
        repeats.removeIf(wait -> {
            boolean done = wait.version.index() <= covered(wait.required, core);
            UniEmitter<? super Receipt> emitter = done ? take(wait) : wait.emitter;
            if (done && emitter != null) {
                emitter.complete(receipt(wait, core));
            }
            return done || emitter == null;
        });
    }

    private void completeUpTo(ArrayDeque<Wait> waits, long covered, ReplicaCore core) {
        Wait wait;
        while ((wait = waits.peek()) != null && wait.version.index() <= covered) {
            waits.poll();
            UniEmitter<? super Receipt> emitter = take(wait);
            if (emitter != null) {
                emitter.complete(receipt(wait, core));
            }
        }
    }

    /** What was answered would else be kept to its deadline: seconds of writes that each young collection copies. */
    private void forgetDeadlines() {
        Wait next;
        while ((next = byDeadline.peek()) != null && next.emitter == null) {
            byDeadline.poll();
        }
    }

    /** Fails what has waited too long; the entries stay, pending. Tells the next deadline, or 0 if none waits. */
    long expire(long nowNanos, ReplicaCore core) {
        Wait wait;
        while ((wait = byDeadline.peek()) != null && (wait.emitter == null || wait.deadlineNanos - nowNanos <= 0)) {
            byDeadline.poll();
            UniEmitter<? super Receipt> emitter = take(wait);
            if (emitter != null) {
                emitter.fail(new ReplicaException.QuorumTimeout(receipt(wait, core)));
                forgetAnswered(byRequired.get(wait.required));
            }
        }
        return wait == null ? 0 : wait.deadlineNanos;
    }

    /** What was answered by its time-out would else pile up for as long as a replica is away. */
    private static void forgetAnswered(ArrayDeque<Wait> waits) {
        Wait oldest;
        while ((oldest = waits.peek()) != null && oldest.emitter == null) {
            waits.poll();
        }
    }

    /** How many are kept, answered ones among them. */
    int kept() {
        return Math.max(
                byDeadline.size(),
                byRequired.stream().mapToInt(ArrayDeque::size).sum());
    }

    /** Fails all: what became of them is not known here. */
    void abandon(String why) {
        for (ArrayDeque<Wait> waits : byRequired) {
            for (Wait wait : waits) {
                UniEmitter<? super Receipt> emitter = take(wait);
                if (emitter != null) {
                    emitter.fail(new ReplicaException.Unknown(why));
                }
            }
            waits.clear();
        }
        for (Wait wait : repeats) {
            UniEmitter<? super Receipt> emitter = take(wait);
            if (emitter != null) {
                emitter.fail(new ReplicaException.Unknown(why));
            }
        }
        repeats.clear();
        byDeadline.clear();
    }

    private @Nullable UniEmitter<? super Receipt> take(Wait wait) {
        UniEmitter<? super Receipt> emitter = wait.emitter;
        if (emitter != null) {
            wait.emitter = null;
            pending--;
        }
        return emitter;
    }

    private Receipt receipt(Wait wait, ReplicaCore core) {
        List<Integer> acknowledgedBy = new ArrayList<>(replicas);
        for (int replica = 0; replica < replicas; replica++) {
            if (core.matchIndex(replica) >= wait.version.index()) {
                acknowledgedBy.add(replica);
            }
        }
        return new Receipt(
                wait.version, wait.required, acknowledgedBy, committed(wait, core), wait.created, wait.replayed);
    }

    private String committed(Wait wait, ReplicaCore core) {
        return Receipt.committed(core.commitIndex() >= wait.version.index(), leaderOnly);
    }
}
