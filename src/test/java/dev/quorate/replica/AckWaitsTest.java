package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.quorate.protocol.CoreOptions;
import dev.quorate.protocol.EntryBatch;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.ReplicaCore;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AckWaitsTest {
    private static final LogView EMPTY = new LogView() {
        @Override
        public long lastIndex() {
            return 0;
        }

        @Override
        public long syncedIndex() {
            return 0;
        }

        @Override
        public long termAt(long index) {
            return index == 0 ? 0 : -1;
        }

        @Override
        public long firstIndexOfTermAt(long index) {
            throw new IllegalArgumentException("the log is empty");
        }

        @Override
        public EntryBatch batch(long fromIndex, int maxBytes) {
            throw new IllegalArgumentException("the log is empty");
        }
    };

    @Test
    void whatTimedOutIsNotKeptWhileAReplicaIsAway() {
        ReplicaCore core =
                new ReplicaCore(new CoreOptions(0, 3, CoreOptions.Election.NONE, 1), HardState.INITIAL, 0, EMPTY);
        AckWaits waits = new AckWaits(3, true);
        List<Throwable> failures = new ArrayList<>();
        for (int i = 1; i <= 1_000; i++) {
            Position version = new Position(1, i);
            long deadline = i;
            Uni.createFrom()
                    .<Receipt>emitter(emitter -> waits.add(version, 3, deadline, emitter))
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
