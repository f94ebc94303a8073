package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.replica.ClusterEvents.Told;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** A slow disk is told once when it begins, with the length of the sync, and once when it is over, with the longest. */
class SyncStallsTest {
    private static final Duration HEARTBEAT = Duration.ofMillis(100);
    private static final Duration STALLED = HEARTBEAT.multipliedBy(5);

    private final ClusterEvents journal = new ClusterEvents();
    private final List<Duration> measured = new ArrayList<>();
    private final ReplicaEvents events = new ReplicaEvents(options(), () -> 0, journal, new SilentListener() {
        @Override
        public void synced(Duration took, int entries) {
            measured.add(took);
        }
    });

    @Test
    void anEpisodeIsToldAtItsBeginningAndItsEndWithLengths() {
        events.synced(STALLED.minusMillis(1), 1);
        events.synced(STALLED, 3);
        events.synced(STALLED.multipliedBy(4), 2);
        events.synced(STALLED.plusMillis(1), 2);
        events.synced(Duration.ofMillis(2), 1);
        events.synced(Duration.ofMillis(2), 1);
        List<ClusterEvent> told = told(2);
        assertEquals(EventType.SYNC_STALLED, told.get(0).type());
        assertEquals(500L, told.get(0).details().get("tookMs"));
        assertEquals(3L, told.get(0).details().get("entries"));
        assertEquals(EventType.SYNC_RECOVERED, told.get(1).type());
        assertEquals(3, told.get(1).details().get("syncs"));
        assertEquals(2_000L, told.get(1).details().get("longestMs"));
        assertEquals(6, measured.size(), "each sync is in the figures, stalled or not");
    }

    @Test
    void theNextEpisodeIsToldAnew() {
        for (int episode = 0; episode < 2; episode++) {
            events.synced(STALLED.multipliedBy(2 - episode), 1);
            events.synced(Duration.ofMillis(1), 1);
        }
        List<ClusterEvent> told = told(4);
        assertEquals(EventType.SYNC_STALLED, told.get(2).type());
        assertEquals(500L, told.get(3).details().get("longestMs"), "not that of the episode before");
    }

    private List<ClusterEvent> told(int count) {
        AssertSubscriber<ClusterEvents.Item> reader =
                journal.after(null, OptionalInt.empty()).subscribe().withSubscriber(AssertSubscriber.create(100));
        return reader.awaitItems(count).getItems().stream()
                .filter(Told.class::isInstance)
                .map(item -> ((Told) item).event())
                .toList();
    }

    private static ReplicaOptions options() {
        return new ReplicaOptions(
                "quorate",
                1,
                0,
                Path.of("nowhere"),
                new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100)),
                Optional.empty(),
                HEARTBEAT.multipliedBy(10),
                HEARTBEAT,
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
    }
}
