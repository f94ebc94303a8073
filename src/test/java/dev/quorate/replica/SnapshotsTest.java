package dev.quorate.replica;

import static dev.quorate.replica.FullDiskTest.end;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Stage;
import dev.quorate.protocol.WriteConcern;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A set of one replica that writes snapshots while it is written to. */
class SnapshotsTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final Map<String, String> model = new HashMap<>();

    @SuppressWarnings("NullAway.Init") // before each
    private Replica replica;

    @BeforeEach
    void aSetOfOne() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            LeadersLog.begin(data);
            Identity.save(data, new Membership("quorate", 1, 0, "auto", Stage.FORMED, 7, 12, List.of(12L)));
        }
        open();
    }

    @AfterEach
    void stop() {
        replica.stop();
    }

    private void open() throws IOException {
        ReplicaOptions options = new ReplicaOptions(
                "quorate",
                1,
                0,
                directory,
                new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100)),
                Optional.empty(),
                LONG,
                Duration.ofMillis(100),
                1 << 24,
                10_000,
                1 << 24,
                new SnapshotOptions(1 << 16, 100),
                Duration.ofDays(1),
                false);
        replica = Replica.open(options, Nobody.peers(), new SilentListener(), new ClusterEvents(), reason -> {});
        replica.start(true);
        await().until(() -> replica.view().serving());
    }

    private void write(int count, String value) {
        List<UniAssertSubscriber<Receipt>> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String key = "key-" + i;
            byte[] bytes = (value + i).getBytes(StandardCharsets.UTF_8);
            writes.add(replica.put(key, bytes, null, WriteConcern.of("1"), LONG)
                    .subscribe()
                    .withSubscriber(UniAssertSubscriber.create()));
            model.put(key, value + i);
        }
        writes.forEach(write -> write.awaitItem(LONG));
    }

    private void assertHoldsTheModel() {
        model.forEach((key, value) -> {
            StoredValue stored = replica.reads().newest(key).value();
            assertNotNull(stored, key);
            assertEquals(value, new String(stored.value(), StandardCharsets.UTF_8));
        });
    }

    private long files(String prefix, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(prefix) && name.endsWith(suffix))
                    .count();
        }
    }

    private void awaitSnapshotOf(long index) {
        await().atMost(LONG).until(() -> {
            SnapshotStatus status = replica.snapshots().status();
            return status.index() >= index && status.state().equals("written");
        });
    }

    @Test
    void writesGoOnWhileOneIsWrittenAndARestartHasThemAll() throws IOException {
        write(3_000, "first");
        SnapshotStatus begun = end(replica.snapshots().request()).getItem();
        assertEquals("writing", begun.state());
        write(3_000, "second");
        awaitSnapshotOf(begun.writingIndex());
        assertEquals(begun.writingIndex(), replica.snapshots().status().index());
        assertTrue(replica.snapshots().status().sizeBytes() > 3_000 * 8);
        assertHoldsTheModel();
        replica.stop();
        open();
        assertEquals(begun.writingIndex(), replica.snapshots().status().index());
        assertHoldsTheModel();
    }

    @Test
    void aLogThatGrowsIsCutAndTheDirectoryStaysBounded() throws IOException {
        for (int round = 0; round < 8; round++) {
            long before = replica.snapshots().status().index();
            write(1_500, "round " + round + " ");
            replica.snapshots().requestIfDue();
            awaitSnapshotOf(before + 1);
        }
        assertTrue(
                replica.snapshots().status().firstIndex() > 5_000,
                "the log begins at " + replica.snapshots().status());
        assertEquals(2, files("snapshot-", ".snap"));
        assertEquals(0, files("snapshot-", ".tmp"));
        assertTrue(files("wal-", ".seg") < 12, "segments: " + files("wal-", ".seg"));
        long index = replica.snapshots().status().index();
        replica.snapshots().requestIfDue();
        assertEquals("written", end(replica.snapshots().request()).getItem().state(), "nothing new is committed");
        assertEquals(index, replica.snapshots().status().index());
        replica.stop();
        open();
        assertHoldsTheModel();
    }

    @Test
    void oneThatCannotBeWrittenIsToldAndWritesGoOn() throws IOException {
        write(10, "a");
        long index = 11; // the no-op of its term, and ten writes
        await().until(() -> replica.view().commitIndex() == index);
        Path blocked = Files.createDirectory(directory.resolve(String.format("snapshot-%016x.snap.tmp", index)));
        assertEquals(index, end(replica.snapshots().request()).getItem().writingIndex());
        await().until(() -> replica.snapshots().status().state().equals("failed"));
        assertNotNull(replica.snapshots().status().failure());
        write(10, "b");
        assertHoldsTheModel();
        Files.delete(blocked);
        assertEquals("writing", end(replica.snapshots().request()).getItem().state());
        awaitSnapshotOf(index + 1);
    }
}
