package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.CoreOptions;
import dev.quorate.protocol.Effects;
import dev.quorate.protocol.EntryBatch;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.ReplicaCore;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AckWaitsTest {
    /** Indexes and terms only; {@code inherited} entries are of term 1, all later ones of this leader's term. */
    private static final class Log implements LogView {
        private final long inherited;
        private long lastIndex;
        private long syncedIndex;

        Log(long inherited) {
            this.inherited = inherited;
            this.lastIndex = inherited;
            this.syncedIndex = inherited;
        }

        @Override
        public long firstIndex() {
            return 1;
        }

        @Override
        public Position snapshot() {
            return Position.NONE;
        }

        @Override
        public long lastIndex() {
            return lastIndex;
        }

        @Override
        public long syncedIndex() {
            return syncedIndex;
        }

        @Override
        public long termAt(long index) {
            return index == 0 ? 0 : index > lastIndex ? -1 : index <= inherited ? 1 : 2;
        }

        @Override
        public long firstIndexOfTermAt(long index) {
            return index <= inherited ? 1 : inherited + 1;
        }

        @Override
        public EntryBatch batch(long fromIndex, int maxBytes) {
            return new EntryBatch() {
                @Override
                public long firstIndex() {
                    return fromIndex;
                }

                @Override
                public int count() {
                    return (int) (lastIndex - fromIndex + 1);
                }

                @Override
                public long term(int offset) {
                    return termAt(fromIndex + offset);
                }

                @Override
                public int sizeBytes() {
                    return count();
                }
            };
        }
    }

    /** A leader of term 2 with {@code entries} behind its no-op, and what waits for it. */
    private static final class Leader {
        private final Log log;
        private final ReplicaCore core;
        private final AckWaits waits = new AckWaits(3, true);
        private final Map<Integer, AppendRequest> inFlight = new HashMap<>();
        private final List<Long> acknowledged = new ArrayList<>();

        Leader(long inherited, long entries) {
            log = new Log(inherited);
            core = new ReplicaCore(
                    new CoreOptions(0, 3, CoreOptions.Election.NONE, 1, 10, 100),
                    new SplittableRandom(1),
                    new HardState(1, 0),
                    true,
                    0,
                    log);
            sent(core.lead());
            log.lastIndex += 1 + entries;
            sent(core.appended());
        }

        private void sent(Effects effects) {
            for (Message message : effects.sendNow()) {
                if (message instanceof AppendRequest request) {
                    inFlight.put(request.to(), request);
                }
            }
        }

        void asks(long index, int required) {
            Uni.createFrom()
                    .<Receipt>emitter(emitter -> waits.add(
                            new Position(log.termAt(index), index), false, required, Long.MAX_VALUE / 2, emitter))
                    .subscribe()
                    .with(receipt -> acknowledged.add(index), failure -> {});
        }

        void asksAgain(long index, int required) {
            Uni.createFrom()
                    .<Receipt>emitter(emitter -> waits.addRepeat(
                            new Position(log.termAt(index), index), true, required, Long.MAX_VALUE / 2, emitter))
                    .subscribe()
                    .with(receipt -> acknowledged.add(receipt.replayed() ? -index : index), failure -> {});
            waits.complete(core);
        }

        void synced(long index) {
            log.syncedIndex = index;
            core.synced();
            waits.complete(core);
        }

        void answered(int follower, long matchIndex) {
            AppendRequest request = Objects.requireNonNull(inFlight.get(follower));
            sent(core.step(new AppendResponse(follower, 0, 2, request.sequence(), true, matchIndex, true)));
            waits.complete(core);
        }
    }

    @Test
    void acknowledgesWhenSoManyHaveItAndNotBefore() {
        Leader leader = new Leader(0, 3);
        leader.asks(2, 1);
        leader.asks(3, 2);
        leader.asks(4, 3);
        leader.answered(1, 4);
        assertEquals(List.of(), leader.acknowledged, "a follower alone is not enough: the leader's log must be synced");
        leader.synced(4);
        assertEquals(List.of(2L, 3L), leader.acknowledged);
        leader.answered(2, 3);
        assertEquals(List.of(2L, 3L), leader.acknowledged);
        leader.answered(2, 4);
        assertEquals(List.of(2L, 3L, 4L), leader.acknowledged);
    }

    @Test
    void anInheritedEntryWaitsForTheNoOpToo() {
        Leader leader = new Leader(4, 0);
        leader.asks(4, 1);
        leader.synced(4);
        assertEquals(List.of(), leader.acknowledged, "the entry is synced, and the no-op of this term is not");
        leader.synced(5);
        assertEquals(List.of(4L), leader.acknowledged);
    }

    /** It is older than what waits, and must not be behind it. */
    @Test
    void aRepeatWaitsForItsOwnEntryAndItsOwnNumberOfReplicas() {
        Leader leader = new Leader(0, 3);
        leader.synced(3);
        leader.asks(4, 2);
        leader.answered(1, 3);
        leader.asksAgain(2, 2);
        assertEquals(List.of(-2L), leader.acknowledged);
        leader.asksAgain(2, 3);
        assertEquals(List.of(-2L), leader.acknowledged);
        leader.answered(2, 2);
        assertEquals(List.of(-2L, -2L), leader.acknowledged);
    }

    @Test
    void whatIsAcknowledgedIsNotKeptToItsDeadline() {
        Leader leader = new Leader(0, 3);
        leader.asks(2, 1);
        leader.asks(3, 2);
        leader.asks(4, 1);
        leader.synced(4);
        assertEquals(List.of(2L, 4L), leader.acknowledged);
        assertTrue(leader.waits.kept() > 0, "the second still waits");
        leader.answered(1, 4);
        assertEquals(0, leader.waits.kept());
    }

    @Test
    void whatTimedOutIsNotKeptWhileAReplicaIsAway() {
        ReplicaCore core = new ReplicaCore(
                new CoreOptions(0, 3, CoreOptions.Election.NONE, 1, 10, 1),
                new SplittableRandom(1),
                HardState.INITIAL,
                true,
                0,
                new Log(0));
        AckWaits waits = new AckWaits(3, true);
        List<Throwable> failures = new ArrayList<>();
        for (int i = 1; i <= 1_000; i++) {
            Position version = new Position(1, i);
            long deadline = i;
            Uni.createFrom()
                    .<Receipt>emitter(emitter -> waits.add(version, false, 3, deadline, emitter))
                    .subscribe()
                    .with(receipt -> {}, failures::add);
        }
        waits.expire(600, core);
        assertEquals(600, failures.size());
        assertInstanceOf(ReplicaException.QuorumTimeout.class, failures.get(0));
        assertEquals(400, waits.pending());
        assertEquals(400, waits.kept());
    }
}
