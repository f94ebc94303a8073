package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.config.QuorateConfig;
import dev.quorate.protocol.Stage;
import dev.quorate.protocol.WriteConcern;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Replicas that run, one of which has another state than its log says: no checksum of a file tells. */
@Execution(ExecutionMode.CONCURRENT)
class StateCheckTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private @Nullable HostedReplicas hosted;
    private final AtomicInteger differences = new AtomicInteger();
    private final List<ClusterEvent> told = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        if (hosted != null) {
            hosted.stop();
        }
    }

    private HostedReplicas start(int replicas) {
        QuorateConfig config = Configurations.of(Map.of(
                "quorate.replicas",
                "" + replicas,
                "quorate.election-timeout",
                "500ms",
                "quorate.data-dir",
                directory.toString()));
        DirectPeers peers = new DirectPeers(this::replica);
        SilentListener counting = new SilentListener() {
            @Override
            public void stateDiffers() {
                differences.incrementAndGet();
            }
        };
        ClusterEvents events = new ClusterEvents();
        var unused = events.after(null, OptionalInt.empty()).subscribe().with(item -> {
            if (item instanceof ClusterEvents.Told event) {
                told.add(event.event());
            }
        });
        HostedReplicas opened = new HostedReplicas(config, peers.peers(), counting, events);
        hosted = opened;
        opened.open(false, reason -> {});
        opened.start("http://127.0.0.1:1");
        await().atMost(LONG).until(() -> opened.asked().view().serving());
        return opened;
    }

    private @Nullable Replica replica(int id) {
        return hosted == null ? null : hosted.hosted(id).orElse(null);
    }

    private static void put(HostedReplicas opened, String key, String value) {
        opened.asked()
                .put(key, value.getBytes(StandardCharsets.UTF_8), null, WriteConcern.of("all"), LONG)
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitItem(LONG);
        long index = opened.asked().view().last().index();
        await().atMost(LONG)
                .until(() -> opened.hosted().stream()
                        .allMatch(replica -> replica.view().commitIndex() >= index));
    }

    /** A memory that does not keep what it was given; it shows as soon as the record goes. */
    private static void decay(Replica replica, String key) {
        StoredValue value = Objects.requireNonNull(replica.reads().local(key).value());
        value.value()[0] ^= 1;
    }

    private static void compare(HostedReplicas opened) {
        opened.compareStates()
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitItem(LONG);
    }

    private StateComparison comparison(Replica replica) {
        return FullDiskTest.end(replica.stateCheck().run()).getItem();
    }

    private List<Integer> whoTold() {
        return told.stream()
                .filter(event -> event.type() == EventType.STATE_DIFFERS)
                .map(ClusterEvent::replica)
                .sorted()
                .toList();
    }

    @Test
    void replicasThatAreAlikeAreLeftAloneAlsoAfterARestart() {
        HostedReplicas opened = start(3);
        put(opened, "a", "1");
        put(opened, "a", "2");
        compare(opened);
        long before = comparison(opened.asked()).index();
        assertTrue(before > 0, "they were compared");
        var unused = FullDiskTest.end(opened.hosted(1).orElseThrow().snapshots().backup());
        opened.stop();
        HostedReplicas again = start(3);
        put(again, "b", "3");
        StateComparison comparison = comparison(again.asked());
        assertEquals(3, comparison.agreeing().size(), comparison.told());
        assertTrue(comparison.index() > before);
        assertEquals(0, differences.get());
        assertTrue(again.damage().isEmpty());
    }

    @Test
    void theReplicaThatDiffersFromAMajorityIsFilledAgainTheLeaderToo() {
        HostedReplicas opened = start(3);
        put(opened, "a", "1");
        int leader = opened.asked().id();
        int follower = (leader + 1) % 3;
        for (int id : new int[] {follower, leader}) {
            told.clear();
            decay(opened.hosted(id).orElseThrow(), "a");
            put(opened, "a", "2");
            compare(opened);
            assertTrue(Files.exists(directory.resolve("replica-" + id).resolve("quarantine/1/why")), "replica " + id);
            await().atMost(LONG).until(() -> whoTold().contains(id));
            await().atMost(LONG)
                    .until(() -> opened.hosted().stream()
                            .allMatch(replica -> replica.view().stage() == Stage.FORMED));
            await().atMost(LONG).until(() -> opened.asked().view().serving());
            put(opened, "b", "3");
            assertEquals(3, comparison(opened.asked()).agreeing().size());
            assertTrue(opened.damage().isEmpty());
        }
        assertFalse(
                Files.exists(directory.resolve("replica-" + (leader + 2) % 3).resolve("quarantine")));
        assertTrue(differences.get() > 0);
    }

    /** Nobody can say which of the two is right: both serve on, and the process says so and tells it once. */
    @Test
    void withoutAMajorityItIsSaidAndNothingIsTaken() {
        HostedReplicas opened = start(2);
        put(opened, "a", "1");
        decay(opened.hosted(1).orElseThrow(), "a");
        put(opened, "a", "2");
        compare(opened);
        compare(opened);
        assertTrue(opened.damage().orElse("").contains("neither are a majority"), opened.damage() + "");
        await().atMost(LONG).untilAsserted(() -> assertEquals(List.of(0, 1), whoTold()));
        assertEquals(2, differences.get());
        put(opened, "a", "3");
        assertFalse(Files.exists(directory.resolve("replica-1/quarantine")));
    }
}
