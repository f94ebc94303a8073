package dev.quorate.replica;

import static dev.quorate.replica.FullDiskTest.end;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Message.VoteResponse;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Stage;
import dev.quorate.protocol.WriteConcern;
import dev.quorate.replica.Peers.ReadReply;
import dev.quorate.replica.Peers.Repair;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Replica 1 of two as a shell: what a core is trusted to say holds of disk and answers too. */
@Execution(ExecutionMode.CONCURRENT)
class ElectedReplicaTest {
    private static final long SET_ID = 7;
    private static final long OTHERS = 11;
    private static final long OWN = 12;
    private static final int UNCOMMITTED_BYTES = 10_000;
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private volatile boolean confirms = true;
    private volatile boolean takesEntries = true;
    private volatile ReadReply answer = new ReadReply(0, 1, Position.NONE, 0, -1, null);
    private final Queue<Object> asked = new ConcurrentLinkedQueue<>();
    private boolean stopped;

    @SuppressWarnings("NullAway.Init") // by each test
    private Replica replica;

    @AfterEach
    void stops() {
        if (!stopped) {
            replica.stop();
        }
    }

    private void opens(Stage stage, boolean stands) throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            LeadersLog.begin(data);
            Identity.save(data, new Membership("quorate", 2, 1, "auto", stage, SET_ID, OWN, List.of(OTHERS, OWN)));
        }
        replica = Replica.open(options(), other(), new SilentListener(), new ClusterEvents(), reason -> {});
        replica.start(stands);
    }

    /** Committed or not: another may lead since, and have acknowledged more. */
    @Test
    void aLinearizableReadIsNotAnsweredBeforeARoundThatWasSentAfterItArrived() throws IOException {
        opens(Stage.FORMED, true);
        await().until(() -> replica.view().serving());
        end(replica.put("k", new byte[1], null, WriteConcern.of("2"), LONG)).assertCompleted();
        confirms = false;
        end(replica.reads().linearizable("k", Duration.ofMillis(400)))
                .assertFailedWith(ReplicaException.ReadTimeout.class);
        confirms = true;
        assertNotNull(end(replica.reads().linearizable("k", LONG)).getItem().value());
    }

    /** Who is told that a condition does not hold has read: another may lead since, and have let it hold. */
    @Test
    void aRefusalForAMajorityIsNotToldBeforeARoundThatWasSentAfterIt() throws IOException {
        opens(Stage.FORMED, true);
        await().until(() -> replica.view().serving());
        end(replica.put("k", new byte[1], null, WriteConcern.of("2"), LONG)).assertCompleted();
        confirms = false;
        end(replica.write(ifAbsent("1", LONG))).assertFailedWith(ReplicaException.PreconditionFailed.class);
        end(replica.write(ifAbsent("2", Duration.ofMillis(400)))).assertFailedWith(ReplicaException.ReadTimeout.class);
        confirms = true;
        end(replica.write(ifAbsent("2", LONG))).assertFailedWith(ReplicaException.PreconditionFailed.class);
    }

    /** What is not committed is kept twice, and must not fill the memory of a leader that lost its followers. */
    @Test
    void aboveTheLimitOfUncommittedBytesWritesAreRefusedUntilTheyAreCommitted() throws IOException {
        takesEntries = false;
        opens(Stage.FORMED, true);
        await().until(() -> replica.view().serving());
        byte[] large = new byte[UNCOMMITTED_BYTES / 2];
        for (int n = 0; n < 3; n++) {
            // The second write of a key keeps what the first one wrote.
            end(replica.put("k", large, null, WriteConcern.of("1"), LONG)).assertCompleted();
        }
        end(replica.put("k", large, null, WriteConcern.of("1"), LONG))
                .assertFailedWith(ReplicaException.Overloaded.class);
        takesEntries = true;
        await().until(() ->
                end(replica.put("k", large, null, WriteConcern.of("2"), LONG)).getFailure() == null);
    }

    /** Forgotten in a crash it could be given twice. */
    @Test
    void aVoteIsOnDiskWhenItIsAnswered() throws IOException {
        opens(Stage.FORMED, false);
        VoteRequest request = new VoteRequest(0, 1, 5, new Position(4, 9), true);
        assertTrue(
                end(replica.fromPeers().onVote(envelope(), request)).getItem().granted());
        replica.stop();
        stopped = true;
        try (DataDirectory data = DataDirectory.open(directory)) {
            assertEquals(new HardState(5, 0), data.readHardState());
        }
    }

    @Test
    void aJoiningReplicaServesNoReadAndHasNoVote() throws IOException {
        opens(Stage.JOINING, false);
        VoteRequest request = new VoteRequest(0, 1, 5, new Position(4, 9), true);
        assertFalse(
                end(replica.fromPeers().onVote(envelope(), request)).getItem().granted());
        end(replica.fromPeers().onRead(envelope(), "k")).assertFailedWith(ReplicaException.Unavailable.class);
        assertThrows(ReplicaException.Unavailable.class, () -> replica.reads().local("k"));
        end(replica.reads().quorum("k", 1, LONG)).assertFailedWith(ReplicaException.Unavailable.class);
    }

    /** What the other has beyond it belongs to a tail that is being discarded. */
    @Test
    void readRepairAnswersAndCopiesTheLeadersRecordAndNeverAnothers() throws IOException {
        opens(Stage.FORMED, true);
        await().until(() -> replica.view().serving());
        end(replica.put("k", new byte[] {1}, null, WriteConcern.of("2"), LONG)).assertCompleted();
        StoredValue others = new StoredValue("k", new byte[] {9}, null, new Position(0, 99), 5);
        answer = new ReadReply(0, 1, new Position(0, 99), 0, -1, others);
        StoredValue shown = end(replica.reads().withRepair("k", LONG)).getItem().value();
        assertNotNull(shown);
        assertArrayEquals(new byte[] {1}, shown.value());
        Repair repair = (Repair)
                asked.stream().filter(Repair.class::isInstance).findFirst().orElseThrow();
        assertEquals(shown, repair.value());
        assertEquals(replica.term(), repair.term());
        assertTrue(repair.at().isAfter(others.version()));
    }

    @Test
    void anAnswerOfAHigherTermEndsAReadRepair() throws IOException {
        opens(Stage.FORMED, true);
        await().until(() -> replica.view().serving());
        answer = new ReadReply(0, replica.term() + 1, Position.NONE, 0, -1, null);
        end(replica.reads().withRepair("k", LONG)).assertFailedWith(ReplicaException.Unavailable.class);
        assertTrue(asked.stream().noneMatch(Repair.class::isInstance), "it repairs nothing");
    }

    /** A hello of the directory before, held up, may have misled the sender: nothing would pass between them again. */
    @Test
    void whoTakesThisDirectoryForAnotherIsToldWhichItIs() throws IOException {
        opens(Stage.FORMED, false);
        Envelope toAnother = new Envelope("quorate", SET_ID, 0, 1, OTHERS, OWN + 1);
        end(replica.fromPeers().onHeartbeat(toAnother, new Heartbeat(0, 1, 1, 1, 0, 0, 0)))
                .assertFailedWith(PeerException.class);
        assertTrue(asked.contains(true), "it says hello as one that joins");
    }

    private static WriteRequest ifAbsent(String w, Duration timeout) {
        Precondition absent = new Precondition(null, new Precondition.Versions(true, List.of()));
        WriteOperation put = new WriteOperation("k", new byte[1], null, Duration.ZERO, absent);
        return new WriteRequest(List.of(put), false, null, WriteConcern.of(w), timeout);
    }

    private static Envelope envelope() {
        return new Envelope("quorate", SET_ID, 0, 1, OTHERS, OWN);
    }

    /** Votes, takes all entries, and confirms rounds unless it is told not to. */
    private Peers other() {
        return (Peers) Proxy.newProxyInstance(
                Peers.class.getClassLoader(), new Class<?>[] {Peers.class}, (proxy, method, arguments) -> {
                    Object message = arguments[1];
                    asked.add(message);
                    if (method.getName().equals("read")) {
                        return Uni.createFrom().item(answer);
                    }
                    if (message instanceof PreVoteRequest asked) {
                        return Uni.createFrom().item(new PreVoteResponse(0, 1, asked.term(), asked.term() + 1, true));
                    }
                    if (message instanceof VoteRequest vote) {
                        return Uni.createFrom().item(new VoteResponse(0, 1, vote.term(), true));
                    }
                    if (message instanceof AppendRequest append && takesEntries) {
                        long last = append.entries().lastIndex();
                        return Uni.createFrom()
                                .item(new AppendResponse(0, 1, append.term(), append.sequence(), true, last, true));
                    }
                    if (message instanceof Heartbeat beat && confirms) {
                        long all = Long.MAX_VALUE;
                        return Uni.createFrom()
                                .item(new HeartbeatResponse(0, 1, beat.term(), beat.round(), 0, all, true));
                    }
                    return Uni.createFrom().failure(new PeerException("silent"));
                });
    }

    private ReplicaOptions options() {
        WalOptions wal = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));
        return new ReplicaOptions(
                "quorate",
                2,
                1,
                directory,
                wal,
                Optional.empty(),
                LONG,
                Duration.ofMillis(100),
                1 << 20,
                100,
                UNCOMMITTED_BYTES,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
    }
}
