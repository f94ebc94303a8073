package dev.quorate.replica;

import static dev.quorate.replica.FullDiskTest.end;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.TimeoutNow;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Message.VoteResponse;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.WriteConcern;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Whoever waits for a leader hears of it when that leads no more, whatever else goes wrong in that moment. */
@Execution(ExecutionMode.CONCURRENT)
class SteppingDownTest {
    private static final long TARGETS_LAST_INDEX = 5;
    private static final long SET_ID = 7;
    private static final long OTHERS_INCARNATION = 11;
    private static final WalOptions WAL = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @SuppressWarnings("NullAway.Init") // by each test, with its own time-out
    private Replica replica;

    private void leads(Duration electionTimeout) throws IOException {
        replica = Replica.open(
                options(electionTimeout), voters(), new SilentListener(), new ClusterEvents(), reason -> {});
        replica.start(false);
        List<Long> incarnations =
                List.of(OTHERS_INCARNATION, replica.membership().incarnation());
        end(replica.fromPeers().onForm(envelope(), SET_ID, 0, incarnations)).assertCompleted();
        end(replica.fromPeers().onHeartbeat(envelope(), new Heartbeat(0, 1, 1, 1, 0, 0, 0)))
                .assertCompleted();
        end(replica.fromPeers()
                .onTimeoutNow(envelope(), new TimeoutNow(0, 1, 1))
                .replaceWith(true));
        await().until(() -> replica.view().serving());
        assertEquals(2, replica.term());
    }

    @AfterEach
    void stops() {
        replica.stop();
    }

    /** It would else wait until its time is over, and be told pending by one that does not lead. */
    @Test
    void aWriteIsAnsweredAlsoWhereTheNewLeadersEntriesFindNoRoom() throws IOException {
        leads(LONG);
        UniAssertSubscriber<Receipt> write = replica.put("k", new byte[1], null, WriteConcern.of("2"), LONG)
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create());
        await().until(() -> replica.view().pendingWaits() == 1);
        Files.createFile(options(LONG).directory().resolve("rollback"));
        AppendRequest entries =
                new AppendRequest(0, 1, 3, 1, Position.NONE, 0, FullDiskTest.entries(directory, 3, "v"));
        end(replica.fromPeers().onAppend(envelope(), entries)).assertFailedWith(ReplicaException.NoSpace.class);
        await().until(() -> write.getFailure() != null);
        write.assertFailedWith(ReplicaException.Unknown.class);
        assertNull(replica.view().awaiting(), "the new leader is known");
    }

    /** The target may get this replica's vote and die: then this replica leads again. */
    @Test
    void aTransferIsAnsweredWhenThisReplicaLeadsAgain() throws IOException {
        leads(Duration.ofSeconds(1));
        await("it is known that the target counts")
                .until(() -> replica.health(0).lastIndex() == TARGETS_LAST_INDEX);
        UniAssertSubscriber<Integer> transfer =
                replica.transferLeadership(0).subscribe().withSubscriber(UniAssertSubscriber.create());
        end(replica.fromPeers().onVote(envelope(), new VoteRequest(0, 1, 3, new Position(9, 9), true)));
        await().until(() -> replica.view().serving() && replica.term() == 4);
        await().until(() -> transfer.getFailure() != null);
        transfer.assertFailedWith(ReplicaException.Unavailable.class);
    }

    @Test
    void noWriteIsTakenWhileItHandsOver() throws IOException {
        leads(LONG);
        await("it is known that the target counts")
                .until(() -> replica.health(0).lastIndex() == TARGETS_LAST_INDEX);
        UniAssertSubscriber<Integer> transfer =
                replica.transferLeadership(0).subscribe().withSubscriber(UniAssertSubscriber.create());
        end(replica.put("k", new byte[1], null, WriteConcern.of("1"), LONG))
                .assertFailedWith(ReplicaException.Unavailable.class, "replica 1 is handing over its leadership");
        transfer.assertNotTerminated();
    }

    private static Peers voters() {
        return (Peers) Proxy.newProxyInstance(
                Peers.class.getClassLoader(), new Class<?>[] {Peers.class}, (proxy, method, arguments) -> {
                    if (arguments[1] instanceof VoteRequest vote) {
                        return Uni.createFrom().item(new VoteResponse(0, 1, vote.term(), true));
                    }
                    if (arguments[1] instanceof PreVoteRequest asked) {
                        return Uni.createFrom().item(new PreVoteResponse(0, 1, asked.term(), asked.term() + 1, true));
                    }
                    if (arguments[1] instanceof Heartbeat beat) {
                        return Uni.createFrom()
                                .item(new HeartbeatResponse(
                                        0, 1, beat.term(), beat.round(), TARGETS_LAST_INDEX, 0, true));
                    }
                    return Uni.createFrom().failure(new PeerException("nobody is there"));
                });
    }

    private Envelope envelope() {
        return new Envelope(
                "quorate",
                SET_ID,
                0,
                1,
                OTHERS_INCARNATION,
                replica.membership().incarnation());
    }

    private ReplicaOptions options(Duration electionTimeout) {
        return new ReplicaOptions(
                "quorate",
                2,
                1,
                directory.resolve("replica-1"),
                WAL,
                Optional.empty(),
                electionTimeout,
                Duration.ofMillis(100),
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
    }
}
