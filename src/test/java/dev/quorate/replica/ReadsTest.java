package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Position;
import dev.quorate.replica.Peers.ReadReply;
import dev.quorate.replica.Peers.Repair;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads that ask several, on replica 1 of a formed set in term 1, with scripted answers of the others (protocol.md §4, §5). */
class ReadsTest {
    private static final long SET_ID = 7;
    private static final long INCARNATION = 11;
    private static final Duration LONG = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private @Nullable Replica replica;

    @AfterEach
    void stop() {
        if (replica != null) {
            replica.stop();
        }
    }

    @Test
    void theHighestPositionCountsAndNotTheHighestVersion() throws IOException {
        // Replica 2 is further: there the key was deleted. Replica 0's record has a version, absence has none.
        Replica asked = follower(
                3,
                other -> Uni.createFrom()
                        .item(
                                other == 0
                                        ? new ReadReply(0, 1, new Position(1, 5), 0, -1, value("old", 1, 5))
                                        : new ReadReply(2, 1, new Position(1, 6), 0, -1, null)));
        assertNull(end(asked.reads().quorum("k", 3, LONG))
                .assertCompleted()
                .getItem()
                .value());
    }

    @Test
    void aLongerLogOfAnOlderTermLoses() throws IOException {
        Replica asked = follower(
                3,
                other -> Uni.createFrom()
                        .item(
                                other == 0
                                        ? new ReadReply(0, 2, new Position(2, 3), 0, -1, value("new", 2, 3))
                                        : new ReadReply(2, 1, new Position(1, 9), 0, -1, value("old", 1, 9))));
        ReadResult result =
                end(asked.reads().quorum("k", 3, LONG)).assertCompleted().getItem();
        assertEquals(0, result.replica());
        assertEquals(new Position(2, 3), result.position());
    }

    @Test
    void whoCannotBeReachedDoesNotCount() throws IOException {
        Replica asked = follower(
                3,
                other -> other == 0
                        ? Uni.createFrom().item(new ReadReply(0, 1, new Position(1, 5), 0, -1, value("v", 1, 5)))
                        : Uni.createFrom().failure(new PeerException("cannot be connected to")));
        assertNotNull(end(asked.reads().quorum("k", 2, LONG))
                .assertCompleted()
                .getItem()
                .value());
        ReplicaException.TooFewReplies few =
                (ReplicaException.TooFewReplies) end(asked.reads().quorum("k", 3, LONG))
                        .assertFailedWith(ReplicaException.TooFewReplies.class)
                        .getFailure();
        assertEquals(2, few.answered());
    }

    @Test
    void endsInTimeAlsoWhenAnswersTrickle() throws IOException {
        Replica asked = follower(
                9,
                other -> Uni.createFrom()
                        .item(new ReadReply(other, 1, Position.NONE, 0, -1, null))
                        .onItem()
                        .delayIt()
                        .by(Duration.ofMillis(80L * (other + 1))));
        end(asked.reads().quorum("k", 9, Duration.ofMillis(200)))
                .assertFailedWith(ReplicaException.TooFewReplies.class);
    }

    @Test
    void aRepairIsTakenInItsOwnTermOnly() throws IOException {
        Replica asked = follower(3, other -> Uni.createFrom().failure(new PeerException("silent")));
        Position ahead = new Position(1, 5);
        assertFalse(repair(asked, new Repair(2, ahead, "k", value("v", 1, 5))));
        assertNull(asked.reads().local("k").value());
        assertTrue(repair(asked, new Repair(1, ahead, "k", value("v", 1, 5))));
        assertNotNull(asked.reads().local("k").value());
        // Shown to local reads alone: it counts in no quorum.
        assertNull(end(asked.reads().quorum("k", 1, LONG))
                .assertCompleted()
                .getItem()
                .value());
    }

    private static StoredValue value(String text, long term, long index) {
        return new StoredValue("k", text.getBytes(StandardCharsets.UTF_8), null, new Position(term, index), 0);
    }

    private static boolean repair(Replica asked, Repair repair) {
        return end(asked.fromPeers().onRepair(envelope(asked), repair))
                .assertCompleted()
                .getItem();
    }

    private static Envelope envelope(Replica to) {
        return new Envelope(
                "quorate", SET_ID, 0, 1, INCARNATION, to.membership().incarnation());
    }

    private static <T> UniAssertSubscriber<T> end(Uni<T> call) {
        UniAssertSubscriber<T> subscriber = call.subscribe().withSubscriber(UniAssertSubscriber.create());
        await().atMost(LONG).until(() -> subscriber.getItem() != null || subscriber.getFailure() != null);
        return subscriber;
    }

    private Replica follower(int replicas, IntFunction<Uni<ReadReply>> answers) throws IOException {
        WalOptions wal = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));
        ReplicaOptions options = new ReplicaOptions(
                "quorate",
                replicas,
                1,
                directory.resolve("r"),
                wal,
                Optional.of("none"),
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
        Peers peers = (Peers) Proxy.newProxyInstance(
                Peers.class.getClassLoader(),
                new Class<?>[] {Peers.class},
                (proxy, method, arguments) -> method.getName().equals("hello")
                        ? Uni.createFrom().failure(new PeerException("silent"))
                        : answers.apply(((Envelope) arguments[0]).to()));
        Replica follower = Replica.open(options, peers, new SilentListener(), new ClusterEvents(), reason -> {});
        replica = follower;
        List<Long> incarnations = new ArrayList<>(Collections.nCopies(replicas, INCARNATION));
        incarnations.set(1, follower.membership().incarnation());
        follower.start(false);
        end(follower.fromPeers().onForm(envelope(follower), SET_ID, 0, incarnations))
                .assertCompleted();
        end(follower.fromPeers().onHeartbeat(envelope(follower), new Heartbeat(0, 1, 1, 1, 0, 0, 0)))
                .assertCompleted();
        // The picture that local reads go by is made once a drain: one more has passed when this is answered.
        end(follower.fromPeers().onHello(envelope(follower), false)).assertCompleted();
        return follower;
    }
}
