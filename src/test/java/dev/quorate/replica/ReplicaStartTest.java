package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Position;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
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
        Replica replica = Replica.open(options(), nobody(), new Silent(), reason -> {});
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

    @Test
    void aDirectoryThatIsRefusedIsNotLeftLocked() throws IOException {
        Replica.open(options(), nobody(), new Silent(), reason -> {}).stop();
        ReplicaOptions own = options();
        ReplicaOptions strange = new ReplicaOptions(
                "another",
                own.replicas(),
                own.id(),
                own.directory(),
                own.wal(),
                own.heartbeatInterval(),
                own.storeSizeBytes(),
                own.pendingWrites(),
                own.uncommittedBytes(),
                own.narrate());
        IOException refusal =
                assertThrows(IOException.class, () -> Replica.open(strange, nobody(), new Silent(), reason -> {}));
        assertTrue(String.valueOf(refusal.getMessage()).contains("of the set quorate"), refusal.getMessage());
        Replica.open(own, nobody(), new Silent(), reason -> {}).stop();
    }

    @Test
    void aQuorumReadEndsInTimeAlsoWhenAnswersTrickle() throws IOException {
        int replicas = 9;
        ReplicaOptions own = options();
        ReplicaOptions ofNine = new ReplicaOptions(
                "quorate",
                replicas,
                1,
                own.directory(),
                own.wal(),
                own.heartbeatInterval(),
                1 << 20,
                100,
                1 << 20,
                false);
        Peers trickling = (Peers) Proxy.newProxyInstance(
                Peers.class.getClassLoader(), new Class<?>[] {Peers.class}, (proxy, method, arguments) -> {
                    int from = ((Envelope) arguments[0]).to();
                    return Uni.createFrom()
                            .item(new Peers.ReadReply(from, 1, Position.NONE, null))
                            .onItem()
                            .delayIt()
                            .by(Duration.ofMillis(80L * (from + 1)));
                });
        Replica replica = Replica.open(ofNine, trickling, new Silent(), reason -> {});
        List<Long> incarnations = new ArrayList<>(Collections.nCopies(replicas, LEADERS_INCARNATION));
        incarnations.set(1, replica.membership().incarnation());
        Envelope envelope = new Envelope("quorate", SET_ID, 0, 1, LEADERS_INCARNATION, incarnations.get(1));
        replica.onForm(envelope, SET_ID, incarnations).subscribe().with(state -> {});
        replica.onHeartbeat(envelope, new Heartbeat(0, 1, 1, 1, 0)).subscribe().with(answer -> {});
        replica.start();
        try {
            UniAssertSubscriber<ReadResult> read = replica.quorumRead("k", replicas, Duration.ofMillis(200))
                    .subscribe()
                    .withSubscriber(UniAssertSubscriber.create());
            read.awaitFailure(Duration.ofSeconds(10)).assertFailedWith(ReplicaException.TooFewReplies.class);
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
