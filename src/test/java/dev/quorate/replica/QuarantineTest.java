package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.CorruptFileException;
import dev.quorate.log.DataDirectory;
import dev.quorate.protocol.Role;
import dev.quorate.protocol.Stage;
import dev.quorate.protocol.WriteConcern;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Three replicas of one set, and what becomes of one, or of all, whose files are damaged (protocol.md §8). */
@Execution(ExecutionMode.CONCURRENT)
class QuarantineTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String FIRST_SEGMENT = "wal-0000000000000001.seg";

    @TempDir
    Path directory;

    private final DirectPeers peers = new DirectPeers();
    private final TreeMap<Integer, Replica> running = new TreeMap<>();
    private int size = 3;
    private String election = "auto";

    @AfterEach
    void stopAll() {
        Set.copyOf(running.keySet()).forEach(this::stop);
    }

    // ---- a replica and its files -----------------------------------------------------------------------------------

    private Path folder(int id) {
        return directory.resolve("replica-" + id);
    }

    private Replica start(int id) throws IOException {
        Replica replica = Replica.open(
                new ReplicaOptions(
                        "quorate",
                        size,
                        id,
                        folder(id),
                        LeadersLog.WAL,
                        Optional.of(election),
                        Duration.ofMillis(500),
                        Duration.ofMillis(50),
                        1 << 20,
                        100,
                        1 << 20,
                        new SnapshotOptions(1 << 28, 10_000),
                        Duration.ofDays(1),
                        false),
                peers.peers(),
                new SilentListener(),
                new ClusterEvents(),
                reason -> {});
        running.put(id, replica);
        peers.put(replica);
        replica.start(false);
        return replica;
    }

    private void startAll() throws IOException {
        for (int id = 0; id < size; id++) {
            start(id);
        }
    }

    private void stop(int id) {
        peers.remove(id);
        Replica replica = running.remove(id);
        if (replica != null) {
            replica.stop();
        }
    }

    private Replica leader() {
        return await("a leader that takes requests")
                .atMost(LONG)
                .until(
                        () -> running.values().stream()
                                .filter(replica -> replica.view().serving())
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private void write(int from, int to, int w) {
        Replica leader = leader();
        List<UniAssertSubscriber<Receipt>> writes = new ArrayList<>();
        for (int n = from; n < to; n++) {
            byte[] value = ("value " + n).getBytes(StandardCharsets.UTF_8);
            writes.add(leader.put("key-" + n, value, null, WriteConcern.of(Integer.toString(w)), LONG)
                    .subscribe()
                    .withSubscriber(UniAssertSubscriber.create()));
        }
        writes.forEach(write -> write.awaitItem(LONG));
    }

    private void awaitAll(int writes) {
        await("all have all")
                .atMost(LONG)
                .until(() -> running.values().stream()
                        .allMatch(replica -> replica.view().stage() == Stage.FORMED && hasAll(replica, writes)));
    }

    private static boolean hasAll(Replica replica, int writes) {
        for (int n = 0; n < writes; n++) {
            StoredValue found = replica.reads().local("key-" + n).value();
            if (found == null || !new String(found.value(), StandardCharsets.UTF_8).equals("value " + n)) {
                return false;
            }
        }
        return true;
    }

    private static void flip(Path file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= 1;
        Files.write(file, bytes);
    }

    private static Set<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            Set<String> names = new TreeSet<>();
            files.forEach(file -> names.add(String.valueOf(file.getFileName())));
            return names;
        }
    }

    private int follower() {
        return leader().id() == 1 ? 2 : 1;
    }

    // ---- one is damaged --------------------------------------------------------------------------------------------

    @Test
    void aDamagedLogIsSetAsideAndFilledAgain() throws IOException {
        startAll();
        write(0, 20, 3);
        int damaged = follower();
        stop(damaged);
        flip(folder(damaged).resolve(FIRST_SEGMENT), 200);
        byte[] asItWas = Files.readAllBytes(folder(damaged).resolve(FIRST_SEGMENT));
        write(20, 25, 2);
        Replica refilled = start(damaged);
        awaitAll(25);
        Path aside = folder(damaged).resolve("quarantine/1");
        assertEquals(Set.of(FIRST_SEGMENT, "commit-bound", "newest", "why"), names(aside));
        assertEquals(-1, Arrays.mismatch(asItWas, Files.readAllBytes(aside.resolve(FIRST_SEGMENT))));
        write(25, 26, 3);
        assertNull(refilled.view().quarantined(), "it counts again");
        stop(damaged);
        start(damaged);
        awaitAll(26);
        assertEquals(Set.of("1"), names(folder(damaged).resolve("quarantine")), "once");
    }

    /** Nobody can fill it: it says why and where, to whom asks, and neither votes nor leads. */
    @Test
    void withoutALeaderItStaysOutAndSaysFileAndOffset() throws IOException {
        startAll();
        write(0, 5, 3);
        int damaged = follower();
        long term = leader().term();
        stopAll();
        long incarnation = identity(damaged).incarnation();
        flip(folder(damaged).resolve(FIRST_SEGMENT), 200);
        Replica alone = start(damaged);
        ReplicaException.Unavailable refusal = assertThrows(
                ReplicaException.Unavailable.class, () -> alone.reads().local("key-1"));
        String said = String.valueOf(refusal.getMessage());
        assertTrue(said.contains(FIRST_SEGMENT + " is damaged at offset"), said);
        assertTrue(said.contains("quarantine/1"), said);
        assertEquals(Stage.JOINING, alone.membership().stage());
        assertNotEquals(incarnation, alone.membership().incarnation());
        assertTrue(alone.term() >= term, "the term is not forgotten");
        stop(damaged);
        Replica again = start(damaged);
        assertNotNull(again.view().quarantined(), "also after another start");
        assertEquals(Role.FOLLOWER, again.role());
    }

    @Test
    void aHardStateThatIsGoneTakesTheLogWithIt() throws IOException {
        startAll();
        write(0, 10, 3);
        int damaged = follower();
        stop(damaged);
        Files.delete(folder(damaged).resolve("hard-state"));
        start(damaged);
        awaitAll(10);
        assertTrue(names(folder(damaged).resolve("quarantine/1")).contains(FIRST_SEGMENT));
    }

    /** Both the log and what names its newest segment: nothing is left that is damaged. */
    @Test
    void aLogThatIsGoneWholeIsMissed() throws IOException {
        startAll();
        write(0, 10, 3);
        int damaged = follower();
        stop(damaged);
        Files.delete(folder(damaged).resolve("newest"));
        Files.delete(folder(damaged).resolve(FIRST_SEGMENT));
        long before = identity(damaged).incarnation();
        start(damaged);
        awaitAll(10);
        assertNotEquals(before, identity(damaged).incarnation());
    }

    private Membership identity(int id) throws IOException {
        byte[] file = Files.readAllBytes(folder(id).resolve("identity"));
        return Membership.decode(Arrays.copyOfRange(file, 16, file.length));
    }

    /** The process may be killed between any two steps; never is what is left taken for the old replica's whole log. */
    @Test
    void aCrashBetweenAnyTwoStepsIsGoneOnFrom() throws IOException {
        startAll();
        write(0, 10, 3);
        int damaged = follower();
        stop(damaged);
        String[] moved = {"newest", "commit-bound", FIRST_SEGMENT, "hard-state"};
        for (int steps = 0; steps <= moved.length + 1; steps++) {
            long before = identity(damaged).incarnation();
            try (DataDirectory data = DataDirectory.open(folder(damaged))) {
                data.condemn("a test at step " + steps);
                if (steps > 0) {
                    Identity.save(data, identity(damaged).refilling(77));
                }
            }
            Path aside = folder(damaged).resolve("quarantine/" + (steps + 1));
            for (int i = 0; i < steps - 1; i++) {
                Files.move(folder(damaged).resolve(moved[i]), aside.resolve(moved[i]));
            }
            start(damaged);
            awaitAll(10);
            stop(damaged);
            assertNotEquals(before, identity(damaged).incarnation());
            assertTrue(names(aside).containsAll(Set.of("newest", "commit-bound", FIRST_SEGMENT, "why")), aside + "");
            assertFalse(names(aside).contains("unfinished"));
            assertTrue(Files.size(aside.resolve(FIRST_SEGMENT)) > 0);
        }
    }

    // ---- who cannot be filled again --------------------------------------------------------------------------------

    @Test
    void aLoneReplicaRefusesAndKeepsItsFilesInPlace() throws IOException {
        size = 1;
        startAll();
        write(0, 5, 1);
        stop(0);
        flip(folder(0).resolve(FIRST_SEGMENT), 200);
        assertRefused(0);
    }

    /** Under {@code none} nobody else ever leads; the others join anew as under {@code auto}. */
    @Test
    void withoutElectionsReplicaZeroRefusesAndTheOthersAreFilledAgain() throws IOException {
        election = "none";
        startAll();
        write(0, 5, 3);
        stop(1);
        flip(folder(1).resolve(FIRST_SEGMENT), 200);
        start(1);
        awaitAll(5);
        assertTrue(Files.exists(folder(1).resolve("quarantine/1/why")));
        stopAll();
        flip(folder(0).resolve(FIRST_SEGMENT), 200);
        assertRefused(0);
    }

    @Test
    void anIdentityThatIsDamagedIsRefused() throws IOException {
        startAll();
        write(0, 5, 3);
        stop(1);
        flip(folder(1).resolve("identity"), 20);
        CorruptFileException refusal = assertThrows(CorruptFileException.class, () -> start(1));
        assertTrue(String.valueOf(refusal.getMessage()).contains("identity is damaged"), refusal.getMessage());
    }

    private void assertRefused(int id) throws IOException {
        Set<String> before = names(folder(id));
        CorruptFileException refusal = assertThrows(CorruptFileException.class, () -> start(id));
        String said = String.valueOf(refusal.getMessage());
        assertTrue(said.contains(FIRST_SEGMENT + " is damaged at offset"), said);
        assertEquals(before, names(folder(id)));
    }

    // ---- all at once -----------------------------------------------------------------------------------------------

    /** Each lost power in the middle of a batch that nobody was promised. */
    @Test
    void allThreeComeBackFromATornBatchByThemselves() throws IOException {
        startAll();
        write(0, 30, 3);
        awaitAll(30);
        stopAll();
        for (int id = 0; id < 3; id++) {
            tear(id);
        }
        startAll();
        awaitAll(30);
        write(30, 35, 3);
        awaitAll(35);
        for (int id = 0; id < 3; id++) {
            assertFalse(Files.exists(folder(id).resolve("quarantine")), "none is damaged");
            assertTrue(Files.exists(folder(id).resolve("wal-0000000000000002.seg")), "each has cut off its tail");
        }
    }

    /** What a batch leaves of which some pages reached the disk and others did not: a frame's begin, zeros, its middle. */
    private void tear(int id) throws IOException {
        Path file = folder(id).resolve(FIRST_SEGMENT);
        byte[] bytes = Files.readAllBytes(file);
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        end = (end + 7) & -8;
        System.arraycopy("QFR1".getBytes(StandardCharsets.US_ASCII), 0, bytes, end, 4);
        bytes[end + 7] = 120;
        bytes[end + 100 + 8 * id] = 'x';
        Files.write(file, bytes);
    }
}
