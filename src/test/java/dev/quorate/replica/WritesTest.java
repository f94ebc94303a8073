package dev.quorate.replica;

import static dev.quorate.replica.FullDiskTest.end;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.WriteConcern;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What a leader decides before it writes, on a set of one: limits, outcomes and expiry, across restarts. */
@Execution(ExecutionMode.CONCURRENT)
class WritesTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final long STORE_BYTES = 20_000;

    @TempDir
    Path directory;

    @SuppressWarnings("NullAway.Init") // before each test
    private Replica replica;

    @BeforeEach
    void opens() throws IOException {
        replica = Replica.open(options(), Nobody.peers(), new SilentListener(), new ClusterEvents(), reason -> {});
        replica.start(true);
        await().until(() -> replica.view().serving());
    }

    @AfterEach
    void stops() {
        replica.stop();
    }

    private void restarts() throws IOException {
        stops();
        opens();
    }

    @Test
    void aFullStoreRefusesPutsTellsNumbersTakesDeletesAndClearsItself() {
        done(put("large", 15_000, Duration.ZERO, null));
        ReplicaException.StoreFull full = (ReplicaException.StoreFull) failure(put("more", 6_000, Duration.ZERO, null));
        assertTrue(full.usedBytes() > 15_000 && full.usedBytes() < 16_000, full.getMessage());
        assertEquals(STORE_BYTES, full.limitBytes());
        assertNotNull(replica.reads().newest("large").value());
        done(delete("large"));
        done(put("more", 6_000, Duration.ZERO, null));
    }

    /** No file can be made where a directory with something in it stands: so a full disk looks from here. */
    @Test
    void aFullDiskRefusesPutsTellsNumbersTakesDeletesAndClearsItself() throws IOException {
        for (int n = 1; n < 4; n++) {
            Files.createDirectories(directory.resolve("prepared-" + n + ".tmp/x"));
        }
        for (int bytes : new int[] {3_000, 300, 30, 0}) {
            Optional<Throwable> refused = Optional.empty();
            for (int n = 0; n < 200 && refused.isEmpty(); n++) {
                refused = refusal(put("k", bytes, Duration.ZERO, null));
            }
            ReplicaException.DiskFull full = assertInstanceOf(ReplicaException.DiskFull.class, refused.orElseThrow());
            assertTrue(full.neededBytes() >= 65_536 && full.freeBytes() > 0, full.getMessage());
        }
        for (int n = 0; n < 20; n++) {
            assertEquals(Optional.empty(), refusal(delete("k")));
            assertTrue(refusal(put("k", 0, Duration.ZERO, null)).isPresent());
        }
        assertNull(replica.reads().newest("k").value());
        for (int n = 1; n < 4; n++) {
            Files.delete(directory.resolve("prepared-" + n + ".tmp/x"));
            Files.delete(directory.resolve("prepared-" + n + ".tmp"));
        }
        await().until(() -> refusal(put("k", 3_000, Duration.ZERO, null)).isEmpty());
    }

    @Test
    void manySmallRecordsFillAStoreToo() {
        int taken = 0;
        while (taken < 1000 && write(put("k" + taken, 1, Duration.ZERO, null)).getFailure() == null) {
            taken++;
        }
        assertTrue(taken > 50 && taken < 150, "took " + taken);
    }

    @Test
    void anOutcomeSurvivesARestart() throws IOException {
        Receipt first = done(put("k", 1, Duration.ZERO, "retry"));
        assertTrue(first.created());
        done(put("k", 2, Duration.ZERO, null));
        restarts();
        Receipt again = done(put("k", 1, Duration.ZERO, "retry"));
        assertEquals(first.version(), again.version());
        assertTrue(again.created() && again.replayed());
        assertEquals("true", again.committed());
        StoredValue value = replica.reads().newest("k").value();
        assertNotNull(value);
        assertEquals(2, value.value().length);
        assertTrue(failure(put("k", 3, Duration.ZERO, "retry")) instanceof ReplicaException.KeyReused);
    }

    @Test
    void anOutcomeIsForgottenAfterItsTime() {
        done(put("k", 1, Duration.ZERO, "retry"));
        await().atMost(LONG)
                .until(() -> !done(put("k", 1, Duration.ZERO, "retry")).replayed());
    }

    @Test
    void aRecordExpiresAndItsDeleteIsInTheLog() throws IOException {
        done(put("k", 1, Duration.ofMillis(300), null));
        done(put("other", 1, Duration.ofDays(1), null));
        assertNotNull(replica.reads().newest("k").value());
        long before = replica.view().last().index();
        await().atMost(LONG).until(() -> replica.reads().newest("k").value() == null);
        await().atMost(LONG).until(() -> replica.view().last().index() > before);
        restarts();
        assertNull(replica.reads().newest("k").value());
        assertNotNull(replica.reads().newest("other").value());
    }

    /** Leader time stands still while nobody leads: what was to live on does, however long that took. */
    @Test
    void timeWithoutALeaderExpiresNothing() throws IOException {
        done(put("k", 1, Duration.ofMillis(1500), null));
        long wrote = System.nanoTime();
        stops();
        await().pollDelay(Duration.ofMillis(1600)).until(() -> System.nanoTime() - wrote > 1_600_000_000L);
        opens();
        assertNotNull(replica.reads().newest("k").value());
        await().atMost(LONG).until(() -> replica.reads().newest("k").value() == null);
    }

    private static WriteRequest put(String key, int bytes, Duration ttl, @Nullable String idempotencyKey) {
        WriteOperation put = new WriteOperation(key, new byte[bytes], null, ttl, Precondition.NONE);
        return new WriteRequest(List.of(put), false, idempotencyKey, WriteConcern.MAJORITY, LONG);
    }

    private static WriteRequest delete(String key) {
        List<WriteOperation> operations = List.of(WriteOperation.delete(key, Precondition.NONE));
        return new WriteRequest(operations, false, null, WriteConcern.MAJORITY, LONG);
    }

    /** As {@link #write}, without a look at it every now and then. */
    private Optional<Throwable> refusal(WriteRequest request) {
        return replica.write(request)
                .map(receipt -> Optional.<Throwable>empty())
                .onFailure()
                .recoverWithItem(failure -> Optional.of(failure))
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitItem(LONG)
                .getItem();
    }

    private UniAssertSubscriber<Receipt> write(WriteRequest request) {
        return end(replica.write(request));
    }

    private Receipt done(WriteRequest request) {
        return write(request).assertCompleted().getItem();
    }

    private Throwable failure(WriteRequest request) {
        Throwable failure = write(request).getFailure();
        assertNotNull(failure);
        assertFalse(failure instanceof ReplicaException.Unavailable, failure.getMessage());
        return failure;
    }

    private ReplicaOptions options() {
        return new ReplicaOptions(
                "quorate",
                1,
                0,
                directory,
                new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100)),
                Optional.empty(),
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                STORE_BYTES,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofSeconds(2),
                false);
    }
}
