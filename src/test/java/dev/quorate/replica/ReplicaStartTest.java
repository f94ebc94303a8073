package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Message.Heartbeat;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HTTP is open before a replica takes part: what the leader says in between must not be forgotten. */
class ReplicaStartTest {
    private static final long SET_ID = 7;
    private static final long LEADERS_INCARNATION = 11;

    @TempDir
    Path directory;

    @Test
    void aLeaderHeardBeforeTheStartIsKnownAfterIt() throws IOException {
        Replica replica =
                Replica.open(options(), Nobody.peers(), new SilentListener(), new ClusterEvents(), reason -> {});
        long incarnation = replica.membership().incarnation();
        Envelope envelope = new Envelope("quorate", SET_ID, 0, 1, LEADERS_INCARNATION, incarnation);
        replica.fromPeers()
                .onForm(envelope, SET_ID, 0, List.of(LEADERS_INCARNATION, incarnation))
                .subscribe()
                .with(state -> {});
        replica.fromPeers()
                .onHeartbeat(envelope, new Heartbeat(0, 1, 1, 1, 0, 0, 0))
                .subscribe()
                .with(answer -> {});
        replica.start(false);
        try {
            await("the follower waits for nothing")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> replica.view().leader() == 0 && replica.view().awaiting() == null);
        } finally {
            replica.stop();
        }
    }

    @Test
    void aDirectoryThatIsRefusedIsNotLeftLocked() throws IOException {
        Replica.open(options(), Nobody.peers(), new SilentListener(), new ClusterEvents(), reason -> {})
                .stop();
        ReplicaOptions own = options();
        ReplicaOptions strange = new ReplicaOptions(
                "another",
                own.replicas(),
                own.id(),
                own.directory(),
                own.wal(),
                own.election(),
                own.electionTimeout(),
                own.heartbeatInterval(),
                own.storeSizeBytes(),
                own.pendingWrites(),
                own.uncommittedBytes(),
                own.snapshots(),
                Duration.ofDays(1),
                own.narrate());
        IOException refusal = assertThrows(
                IOException.class,
                () -> Replica.open(strange, Nobody.peers(), new SilentListener(), new ClusterEvents(), reason -> {}));
        assertTrue(String.valueOf(refusal.getMessage()).contains("of the set quorate"), refusal.getMessage());
        Replica.open(own, Nobody.peers(), new SilentListener(), new ClusterEvents(), reason -> {})
                .stop();
    }

    private ReplicaOptions options() {
        WalOptions wal = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));
        return new ReplicaOptions(
                "quorate",
                2,
                1,
                directory.resolve("replica-1"),
                wal,
                Optional.empty(),
                Duration.ofSeconds(60),
                Duration.ofMillis(100),
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
    }
}
