package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Message.HeartbeatResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How often one is tried that cannot take entries, and what is said of it. */
class PeerHealthTest {
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofMillis(500);

    private static final ReplicaOptions OPTIONS = new ReplicaOptions(
            "quorate",
            3,
            0,
            Path.of("unused"),
            new WalOptions(1 << 16, SyncPolicy.ALWAYS, SHORT),
            Optional.empty(),
            SHORT,
            SHORT,
            1 << 20,
            100,
            1 << 20,
            new SnapshotOptions(1 << 28, 10_000),
            Duration.ofDays(1),
            false);

    private final PeerHealth health =
            new PeerHealth(1, 1, new ReplicaEvents(OPTIONS, () -> 6, new ClusterEvents(), new SilentListener()));

    /** Else each retry costs both of them, twenty times a second, for as long as the disk is full. */
    @Test
    void oneWhoseDiskIsFullIsReachableAndTriedEverMoreSeldom() {
        heartbeat(5);
        for (int i = 0; i < 8; i++) {
            health.failed(new PeerException.NoSpace("its disk is full"));
            health.nextPause();
            heartbeat(5);
        }
        assertTrue(health.isReachable());
        assertTrue(health.nextPause().compareTo(LONG) > 0);
        heartbeat(6);
        heartbeat(6);
        assertTrue(health.nextPause().compareTo(SHORT) <= 0, "it takes entries again");
    }

    @Test
    void oneThatAnswersAgainIsTriedAtOnce() {
        for (int i = 0; i < 8; i++) {
            health.failed(new PeerException("cannot be connected to"));
            health.nextPause();
        }
        assertFalse(health.isReachable());
        assertTrue(health.nextPause().compareTo(LONG) > 0);
        heartbeat(0);
        assertTrue(health.isReachable());
        assertTrue(health.nextPause().compareTo(SHORT) <= 0);
    }

    private void heartbeat(long index) {
        health.answered();
        health.saw(new HeartbeatResponse(1, 0, 1, 1, index, 0, true), 10);
    }
}
