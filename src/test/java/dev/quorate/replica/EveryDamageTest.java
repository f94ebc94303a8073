package dev.quorate.replica;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.CorruptFileException;
import dev.quorate.log.DataDirectory;
import dev.quorate.log.Records;
import dev.quorate.log.SnapshotWriter;
import dev.quorate.log.SyncListener;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.Wal;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Effects.LogChange;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Stage;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.StateCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Every byte of a replica's directory flipped in turn, every file cut at every length, every file missing: a start serves
 * what was acknowledged, or sets the log aside, or refuses; never a wrong or a missing value (protocol.md §8). Some only are
 * tried of the zeros between the two slots of a file and, but in the first directory, of the lengths of the others.
 */
@Execution(ExecutionMode.CONCURRENT)
class EveryDamageTest {
    /** The log has several segments, and few bytes to be tried. */
    private static final WalOptions TINY = new WalOptions(512, SyncPolicy.ALWAYS, Duration.ofMillis(100));

    private static final int SLOT_BYTES = 4096;
    private static final int SLOT_USED_BYTES = 64;

    /** A file that is not as long as it was is known by that alone. */
    private static final int SOME_LENGTHS = 8;

    private static final HardState TERM_AND_VOTE = new HardState(3, 0);
    private static final Logger SAID = Logger.getLogger("dev.quorate");

    private static final SyncListener DEAF = (SyncListener) Proxy.newProxyInstance(
            SyncListener.class.getClassLoader(), new Class<?>[] {SyncListener.class}, (proxy, method, args) -> null);

    @TempDir
    Path temporary;

    private Path memory = Path.of("/dev/shm");

    private enum Outcome {
        /** All that was acknowledged is there. */
        SERVED,
        /** The log was set aside, with a reason that names a file. */
        QUARANTINED,
        /** The start was refused, with a reason that names a file. */
        REFUSED,
        /** All but the last synced batch, which no mark follows: the limit that protocol.md §8 states. */
        LAST_BATCH_LOST
    }

    /** A directory as its files, and what was acknowledged in it. */
    private record Original(
            Map<String, byte[]> files, Map<String, String> acknowledged, Map<String, String> withoutLastBatch) {
        boolean isInLastFrame(Damage damage) {
            String newest = files.keySet().stream()
                    .filter(file -> file.startsWith("wal-"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
            String bytes = new String(Objects.requireNonNull(files.get(newest)), StandardCharsets.ISO_8859_1);
            return damage.file.equals(newest) && damage.at >= bytes.lastIndexOf("QFR1");
        }
    }

    private enum Kind {
        FLIPPED_AT,
        CUT_TO,
        MISSING
    }

    /** What is done to one file. */
    private record Damage(String file, Kind kind, int at) {
        byte @Nullable [] done(byte[] whole) {
            if (kind == Kind.MISSING) {
                return null;
            }
            byte[] damaged = Arrays.copyOf(whole, kind == Kind.CUT_TO ? at : whole.length);
            if (kind == Kind.FLIPPED_AT) {
                damaged[at] ^= (byte) (1 << at % 8);
            }
            return damaged;
        }
    }

    @BeforeEach
    void inMemory() throws IOException {
        // Ten thousand starts say a lot; and where there is no disk a sync costs nothing.
        SAID.setLevel(Level.OFF);
        memory = Files.isWritable(memory) ? Files.createTempDirectory(memory, "every-damage") : temporary;
    }

    @AfterEach
    void clean() throws IOException {
        SAID.setLevel(null);
        delete(memory);
    }

    @Test
    void aDirectoryThatWasClosed(TestReporter reporter) throws IOException {
        Original original = make(true, false);
        List<Damage> all = new ArrayList<>();
        original.files.forEach((file, whole) -> addAll(all, file, whole, 1));
        Map<Outcome, Long> counted = count(original, all);
        report(reporter, "closed", counted);
        assertManyOfEach(counted);
        assertNull(counted.get(Outcome.LAST_BATCH_LOST), "a mark follows the last batch");
    }

    @Test
    void aDirectoryThatACrashLeft(TestReporter reporter) throws IOException {
        Original original = make(false, false);
        List<Damage> all = new ArrayList<>();
        original.files.forEach((file, whole) -> {
            if (file.startsWith("wal-")) {
                addAll(all, file, whole, SOME_LENGTHS);
            }
        });
        Map<Outcome, Long> counted = count(original, all);
        report(reporter, "left by a crash", counted);
        assertManyOfEach(counted);
    }

    @Test
    void aCompactedDirectoryThatACrashLeft(TestReporter reporter) throws IOException {
        Original original = make(false, true);
        List<Damage> snapshots = new ArrayList<>();
        List<Damage> others = new ArrayList<>();
        original.files.forEach((file, whole) -> {
            if (file.startsWith("snapshot-")) {
                addAll(snapshots, file, whole, SOME_LENGTHS);
            } else if (file.startsWith("wal-")) {
                addAll(others, file, whole, SOME_LENGTHS);
            } else {
                others.add(new Damage(file, Kind.MISSING, 0));
            }
        });
        Map<Outcome, Long> counted = count(original, others);
        report(reporter, "with a compacted log", counted);
        assertManyOfEach(counted);
        Map<Outcome, Long> toSnapshots = count(original, snapshots);
        report(reporter, "with a compacted log, to its snapshots", toSnapshots);
        assertEquals(
                Map.of(Outcome.SERVED, (long) snapshots.size()), toSnapshots, "the other one and the log have all");
    }

    /** What the log let go is nowhere else. */
    @Test
    void aCompactedLogWithoutASnapshotIsSetAside() throws IOException {
        Original original = make(false, true);
        for (Kind kind : Kind.values()) {
            Map<String, byte[]> files = new TreeMap<>(original.files);
            original.files.forEach((file, whole) -> {
                if (file.startsWith("snapshot-")) {
                    byte @Nullable [] left = new Damage(file, kind, whole.length / 2).done(whole);
                    files.remove(file);
                    if (left != null) {
                        files.put(file, left);
                    }
                }
            });
            Original without = new Original(files, original.acknowledged, original.withoutLastBatch);
            assertEquals(Outcome.QUARANTINED, judge(without, new Damage("", kind, 0)));
        }
    }

    private static void report(TestReporter reporter, String what, Map<Outcome, Long> counted) {
        reporter.publishEntry("damages to a directory " + what, counted.toString());
        SAID.setLevel(null);
        SAID.info(() -> "damages to a directory " + what + ": " + counted);
    }

    private static void assertManyOfEach(Map<Outcome, Long> counted) {
        assertTrue(counted.getOrDefault(Outcome.SERVED, 0L) > 500, "some do no harm: " + counted);
        assertTrue(counted.getOrDefault(Outcome.QUARANTINED, 0L) > 500, "some do: " + counted);
    }

    private static void addAll(List<Damage> all, String file, byte[] whole, int everyLength) {
        boolean slots = file.equals("hard-state") || file.equals("newest");
        for (int at = 0; at < whole.length; at += !slots || at % SLOT_BYTES < SLOT_USED_BYTES ? 1 : SLOT_USED_BYTES) {
            all.add(new Damage(file, Kind.FLIPPED_AT, at));
            if (at % everyLength == 0) {
                all.add(new Damage(file, Kind.CUT_TO, at));
            }
        }
        all.add(new Damage(file, Kind.MISSING, 0));
    }

    private Map<Outcome, Long> count(Original original, List<Damage> all) {
        return all.parallelStream()
                .collect(groupingBy(damage -> judge(original, damage), () -> new EnumMap<>(Outcome.class), counting()));
    }

    // ---- one start -------------------------------------------------------------------------------------------------

    private Outcome judge(Original original, Damage damage) {
        Path path = memory.resolve("by-" + Thread.currentThread().getId());
        try {
            delete(path);
            Files.createDirectories(path);
            for (Map.Entry<String, byte[]> file : original.files.entrySet()) {
                byte[] whole = file.getValue();
                byte[] content = file.getKey().equals(damage.file) ? damage.done(whole) : whole;
                if (content != null) {
                    Files.write(path.resolve(file.getKey()), content);
                }
            }
            Outcome outcome = start(path, original, damage.toString());
            assertTrue(outcome != Outcome.LAST_BATCH_LOST || original.isInLastFrame(damage), damage.toString());
            return outcome;
        } catch (IOException e) {
            throw new UncheckedIOException(damage.toString(), e);
        }
    }

    private Outcome start(Path path, Original original, String what) throws IOException {
        try (DataDirectory directory = DataDirectory.open(path)) {
            Opening opened = open(directory);
            try {
                return look(opened, path, original, what);
            } finally {
                opened.storage().wal().close();
            }
        } catch (CorruptFileException refusal) {
            assertTrue(String.valueOf(refusal.getMessage()).contains(path.toString()), what + ": " + refusal);
            return Outcome.REFUSED;
        }
    }

    private static Outcome look(Opening opened, Path path, Original original, String what) throws IOException {
        Map<String, String> found = contents(opened.storage());
        String why = opened.quarantined();
        if (why != null) {
            assertEquals(Map.of(), found, what);
            assertEquals(Stage.JOINING, opened.membership().stage(), what);
            assertTrue(opened.membership().incarnation() != 12, what);
            assertTrue(why.contains(path.toString()), what + ": " + why);
            return Outcome.QUARANTINED;
        }
        assertEquals(TERM_AND_VOTE, opened.storage().hardState(), what);
        assertEquals(12, opened.membership().incarnation(), what);
        if (found.equals(original.withoutLastBatch)) {
            return Outcome.LAST_BATCH_LOST;
        }
        assertEquals(original.acknowledged, found, what);
        return Outcome.SERVED;
    }

    private static Map<String, String> contents(Storage storage) {
        Map<String, String> found = new TreeMap<>();
        storage.store()
                .forEach(record -> found.put(
                        record.key(), record.version() + " " + new String(record.value(), StandardCharsets.UTF_8)));
        return found;
    }

    private static Opening open(DataDirectory directory) throws IOException {
        Duration second = Duration.ofSeconds(1);
        ReplicaOptions options = new ReplicaOptions(
                "quorate",
                3,
                1,
                directory.path(),
                TINY,
                Optional.empty(),
                second,
                second,
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 1),
                Duration.ofDays(1),
                false);
        ReplicaEvents events = new ReplicaEvents(options, () -> 0, new ClusterEvents(), new SilentListener());
        return Opening.open(directory, options, DEAF, events);
    }

    // ---- the directory ---------------------------------------------------------------------------------------------

    /** Several segments; entries one a sync and two; a tail that a leader replaced; a commit index that is behind. */
    private Original make(boolean closed, boolean compacted) throws IOException {
        Path path = memory.resolve("original");
        Map<String, String> withoutLastBatch;
        Original original;
        try (DataDirectory directory = DataDirectory.open(path)) {
            Wal.open(directory, TINY, DEAF).close();
            Identity.save(
                    directory, new Membership("quorate", 3, 1, "auto", Stage.FORMED, 7, 12, List.of(11L, 12L, 13L)));
            Storage storage = open(directory).storage();
            storage.saveAndSync(new HardState(1, 1));
            storage.openTerm(1);
            for (int i = 0; i < 6; i++) {
                storage.append(1, put("key-" + i % 4, "value " + i));
                if (i % 2 == 0) {
                    sync(storage);
                }
            }
            sync(storage);
            storage.committed(5);
            storage.saveAndSync(TERM_AND_VOTE);
            Records leaders = LeadersLog.of(
                    memory.resolve("leader"), 6, 3, put("key-1", "of the new leader"), put("key-5", "another"));
            storage.change(new LogChange(6, leaders, 0), 3);
            sync(storage);
            storage.committed(7);
            if (compacted) {
                compact(storage);
            }
            withoutLastBatch = contents(storage);
            storage.append(3, put("key-0", "the last"));
            sync(storage);
            if (closed) {
                Map<String, String> acknowledged = contents(storage);
                storage.wal().close();
                original = new Original(files(path), acknowledged, withoutLastBatch);
            } else {
                original = new Original(files(path), contents(storage), withoutLastBatch);
                storage.wal().close();
            }
        }
        return original;
    }

    /** Two snapshots, a log that begins behind the first entry, and whose last is the end of the newer snapshot. */
    private static void compact(Storage storage) throws IOException {
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 5; i++) {
                storage.append(3, put("key-" + i, "before snapshot " + round));
                sync(storage);
            }
            storage.committed(storage.wal().lastIndex());
            PinnedState state = storage.pin();
            try (SnapshotWriter out = storage.snapshots().begin(state.header())) {
                out.block(state.admissions());
                StateCodec records = new StateCodec();
                records.addLeaderTime(state.pin().leaderTimeMs());
                state.pin().next(100).forEach(records::add);
                out.block(records.bytes());
                storage.snapshotTaken(out.finish()).delete();
            }
            state.pin().close();
        }
        assertTrue(
                storage.wal().firstIndex() > 1,
                "it begins with " + storage.wal().firstIndex());
        assertEquals(2, storage.keptSnapshots().size());
    }

    private static ByteBuffer put(String key, String value) {
        return MutationCodec.put(key, value.getBytes(StandardCharsets.UTF_8), null, 1, 5);
    }

    private static void sync(Storage storage) {
        await().pollInterval(Duration.ofMillis(1)).until(() -> {
            storage.wal().requestSync();
            return storage.wal().syncedIndex() == storage.wal().lastIndex();
        });
    }

    private static Map<String, byte[]> files(Path path) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> found = Files.list(path)) {
            for (Path file : found.filter(Files::isRegularFile).toList()) {
                String name = String.valueOf(file.getFileName());
                if (!name.startsWith("prepared-")) {
                    files.put(name, Files.readAllBytes(file));
                }
            }
        }
        return files;
    }

    private static void delete(Path path) throws IOException {
        if (Files.exists(path)) {
            try (Stream<Path> all = Files.walk(path)) {
                for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
