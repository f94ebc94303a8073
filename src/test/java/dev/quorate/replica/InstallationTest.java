package dev.quorate.replica;

import static dev.quorate.replica.FullDiskTest.end;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.SnapshotFile;
import dev.quorate.log.SnapshotHeader;
import dev.quorate.log.SnapshotWriter;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Message.InstallResponse;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Stage;
import dev.quorate.store.KeyRecord;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.StateCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Replica 1 of three, a follower, is sent a snapshot by the test, which plays the leaders. */
@Execution(ExecutionMode.CONCURRENT)
class InstallationTest {
    private static final long SET_ID = 7;
    private static final List<Long> INCARNATIONS = List.of(11L, 12L, 13L);
    private static final Position SNAPSHOT = new Position(3, 40);
    private static final int PARTS = 4;
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @SuppressWarnings("NullAway.Init") // before each test
    private Replica replica;

    @SuppressWarnings("NullAway.Init") // before each test
    private byte[] file;

    private long sequence;

    @BeforeEach
    void opens() throws IOException {
        file = snapshot();
        Path own = directory.resolve("own");
        try (DataDirectory data = DataDirectory.open(own)) {
            LeadersLog.begin(data);
            Identity.save(data, new Membership("quorate", 3, 1, "auto", Stage.FORMED, SET_ID, 12, INCARNATIONS));
        }
        ReplicaOptions options = new ReplicaOptions(
                "quorate",
                3,
                1,
                own,
                LeadersLog.WAL,
                Optional.empty(),
                LONG,
                Duration.ofSeconds(10),
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
        replica = Replica.open(options, Nobody.peers(), new SilentListener(), new ClusterEvents(), reason -> {});
        replica.start(false);
    }

    @AfterEach
    void stops() {
        replica.stop();
    }

    /** The state that ten records make, as a leader would have written it. */
    private byte[] snapshot() throws IOException {
        Path leaders = directory.resolve("leader");
        try (DataDirectory data = DataDirectory.open(leaders)) {
            SnapshotHeader header = new SnapshotHeader(SNAPSHOT, 5, List.of(new Position(3, 1)));
            try (SnapshotWriter out = data.snapshots().begin(header)) {
                out.block(new Admissions().upTo(SNAPSHOT.index()));
                StateCodec part = new StateCodec();
                for (int n = 0; n < 10; n++) {
                    part.add(new KeyRecord("k" + n, new byte[] {(byte) n}, null, 3, 10 + n, 5));
                }
                out.block(part.bytes());
                SnapshotFile whole = out.finish();
                return Files.readAllBytes(whole.path());
            }
        }
    }

    private InstallResponse send(int leader, long term, byte[] bytes, int offset, int length) {
        InstallRequest request = new InstallRequest(leader, 1, term, ++sequence, SNAPSHOT, offset);
        SnapshotPart part = new SnapshotPart(
                bytes.length, ByteBuffer.wrap(bytes, offset, length).slice());
        return end(replica.fromPeers().onInstall(envelope(leader), request, part))
                .assertCompleted()
                .getItem();
    }

    private static Envelope envelope(int leader) {
        return new Envelope("quorate", SET_ID, leader, 1, INCARNATIONS.get(leader), 12);
    }

    /** All from an offset on, and then asks until it is in its place. */
    private void sendRest(int leader, long term, int from) {
        long received = from;
        int size = file.length / PARTS + 1;
        InstallResponse answer = null;
        while (answer == null || answer.matchIndex() == 0) {
            int length = (int) Math.min(size, file.length - received);
            answer = send(leader, term, file, (int) received, length);
            assertTrue(answer.matchIndex() > 0 || answer.receivedBytes() >= received, "it goes back: " + answer);
            received = answer.receivedBytes();
        }
        assertEquals(SNAPSHOT.index(), answer.matchIndex());
    }

    private void holdsIt() {
        for (int n = 0; n < 10; n++) {
            StoredValue value = replica.reads().local("k" + n).value();
            assertNotNull(value);
            assertArrayEquals(new byte[] {(byte) n}, value.value());
            assertEquals(new Position(3, 10 + n), value.version());
        }
        assertEquals(SNAPSHOT, replica.view().last());
        assertEquals(SNAPSHOT.index(), replica.view().commitIndex());
    }

    @Test
    void partsInOrderMakeASnapshotThatTakesThePlaceOfTheLog() {
        sendRest(0, 3, 0);
        holdsIt();
    }

    /** The answer was lost, or the stream broke: the leader asks with what it knows, and is told what is there. */
    @Test
    void aPartThatComesAgainOrTooEarlyIsAnsweredWithWhatIsThere() {
        int size = file.length / PARTS;
        assertEquals(size, send(0, 3, file, 0, size).receivedBytes());
        assertEquals(size, send(0, 3, file, 0, size).receivedBytes());
        assertEquals(size, send(0, 3, file, 3 * size, size).receivedBytes());
        SnapshotStatus shown = replica.snapshots().status();
        assertEquals("receiving", shown.state());
        assertEquals(size * 100 / file.length, shown.percent());
        sendRest(0, 3, size);
        holdsIt();
    }

    /** It stood for election meanwhile, in vain: the connection was away for longer than it waits for a leader. */
    @Test
    void whatThereIsStaysWhileNoLeaderIsKnown() {
        int size = file.length / PARTS;
        assertEquals(size, send(0, 3, file, 0, size).receivedBytes());
        end(replica.onLoop(() -> {
            replica.fromPeers().installation().forgetUnless(-1);
            return true;
        }));
        assertEquals(size, send(0, 3, file, 3 * size, size).receivedBytes());
    }

    /** Another leader's snapshot of the same position may have other bytes. */
    @Test
    void anotherLeaderBeginsAgain() {
        int size = file.length / PARTS;
        assertEquals(size, send(0, 3, file, 0, size).receivedBytes());
        assertEquals(0, send(2, 4, file, size, size).receivedBytes());
        sendRest(2, 4, 0);
        holdsIt();
    }

    /** Whole as it may seem: each part came as it was sent, but the leader's file had decayed. */
    @Test
    void oneThatIsDamagedIsNotInstalledAndIsAskedForAgain() {
        byte[] decayed = file.clone();
        decayed[decayed.length - 30] ^= 1;
        assertEquals(file.length, send(0, 3, decayed, 0, file.length).receivedBytes());
        InstallRequest asks = new InstallRequest(0, 1, 3, ++sequence, SNAPSHOT, file.length);
        SnapshotPart nothing = new SnapshotPart(file.length, ByteBuffer.allocate(0));
        var answer = end(replica.fromPeers().onInstall(envelope(0), asks, nothing));
        if (answer.getFailure() == null) { // it was found out before it was asked
            assertEquals(0, answer.getItem().receivedBytes());
            assertEquals(0, answer.getItem().matchIndex());
        }
        assertNull(replica.reads().local("k1").value());
        assertEquals(0, replica.view().last().index());
        sendRest(0, 3, 0);
        holdsIt();
    }

    /** A log that has it: what is behind its end may have been acknowledged. */
    @Test
    void oneWhoseEndTheLogHoldsReplacesNothing() throws IOException {
        ByteBuffer[] writes = new ByteBuffer[45];
        Arrays.setAll(writes, n -> MutationCodec.put("own" + n, new byte[] {1}, null, 2, 5));
        AppendRequest append = new AppendRequest(
                0, 1, 3, ++sequence, Position.NONE, 1, LeadersLog.of(directory.resolve("entries"), 1, 3, writes));
        end(replica.fromPeers().onAppend(envelope(0), append)).assertCompleted();
        assertEquals(SNAPSHOT.index(), send(0, 3, file, 0, file.length).matchIndex());
        assertEquals(46, replica.view().last().index());
        assertNotNull(replica.reads().local("own44").value());
    }

    /** It would take the last of the space, and not get whole: the leader is told, as of a full disk. */
    @Test
    void whatCannotGetWholeIsRefusedWithNumbersAndTakesNoSpace() throws IOException {
        long huge = 1L << 60;
        InstallRequest request = new InstallRequest(0, 1, 3, ++sequence, SNAPSHOT, 0);
        SnapshotPart part = new SnapshotPart(huge, ByteBuffer.wrap(file));
        ReplicaException.DiskFull refusal =
                (ReplicaException.DiskFull) end(replica.fromPeers().onInstall(envelope(0), request, part))
                        .assertFailedWith(ReplicaException.DiskFull.class)
                        .getFailure();
        assertEquals(huge, refusal.neededBytes());
        assertTrue(refusal.freeBytes() > 0 && refusal.freeBytes() < huge, refusal.getMessage());
        try (Stream<Path> files = Files.list(directory.resolve("own"))) {
            assertEquals(
                    List.of(),
                    files.filter(own -> own.toString().contains("snapshot")).toList());
        }
        sendRest(0, 3, 0);
        holdsIt();
    }
}
