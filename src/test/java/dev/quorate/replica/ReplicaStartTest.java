package dev.quorate.replica;

import static org.awaitility.Awaitility.await;

import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Message.Heartbeat;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
        Replica replica = new Replica(options(), nobody(), new Silent(), reason -> {});
        long incarnation = replica.membership().incarnation();
        Envelope envelope = new Envelope("quorate", SET_ID, 0, 1, LEADERS_INCARNATION, incarnation);
        replica.onForm(envelope, SET_ID, List.of(LEADERS_INCARNATION, incarnation))
                .subscribe()
                .with(state -> {});
        replica.onHeartbeat(envelope, new Heartbeat(0, 1, 1, 1, 0)).subscribe().with(answer -> {});
        replica.start();
        try {
            await("the follower waits for nothing")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> replica.view().leader() == 0 && replica.view().awaiting() == null);
        } finally {
            replica.stop();
        }
    }

    private ReplicaOptions options() {
        WalOptions wal = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));
        return new ReplicaOptions(
                "quorate",
                2,
                1,
                directory.resolve("replica-1"),
                wal,
                Duration.ofMillis(100),
                1 << 20,
                100,
                1 << 20,
                false);
    }

    private static Peers nobody() {
        return (Peers) Proxy.newProxyInstance(
                Peers.class.getClassLoader(), new Class<?>[] {Peers.class}, (proxy, method, arguments) -> {
                    throw new UnsupportedOperationException(method.getName());
                });
    }

    private static final class Silent implements ReplicaListener {
        @Override
        public void written(int w, String outcome) {}

        @Override
        public void synced(Duration took, int entries) {}
    }
}
