package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Stage;
import dev.quorate.protocol.WriteConcern;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages of a running replica: what else it does between them. */
class PagesTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int PAGES = 20;

    @TempDir
    Path directory;

    private final List<String> order = new CopyOnWriteArrayList<>();

    @SuppressWarnings("NullAway.Init") // before each
    private Replica replica;

    @BeforeEach
    void aSetOfOne() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            LeadersLog.begin(data);
            Identity.save(data, new Membership("quorate", 1, 0, "auto", Stage.FORMED, 7, 12, List.of(12L)));
        }
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
        for (String key : new String[] {"a", "b"}) {
            awaited(replica.put(key, new byte[1], null, WriteConcern.of("1"), LONG));
        }
    }

    @AfterEach
    void stop() {
        replica.stop();
    }

    private static <T> T awaited(Uni<T> uni) {
        return uni.subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitItem(LONG)
                .getItem();
    }

    private static KeyPage.Range all() {
        return new KeyPage.Range("", null, 10, Long.MAX_VALUE);
    }

    private List<Uni<KeyPage>> atEveryLevel() {
        ReplicaReads reads = replica.reads();
        return List.of(reads.pageLinearizable(all(), LONG), reads.pageNewest(all()), reads.pageLocal(all()));
    }

    @Test
    void everyLevelIsAnswered() {
        for (Uni<KeyPage> page : atEveryLevel()) {
            List<String> keys =
                    awaited(page).records().stream().map(StoredValue::key).toList();
            assertEquals(List.of("a", "b"), keys);
        }
    }

    /** What comes while a page is made is done before the last of those that wait. */
    @Test
    void pagesTakeTurns() {
        List<UniAssertSubscriber<KeyPage>> pages = new ArrayList<>();
        awaited(replica.onLoop(() -> {
            for (int i = 0; i < PAGES; i++) {
                Uni<KeyPage> page = replica.reads().pageNewest(all()).invoke(made -> {
                    order.add("page");
                    replica.later(() -> order.add("other"));
                });
                pages.add(page.subscribe().withSubscriber(UniAssertSubscriber.create()));
            }
            return true;
        }));
        pages.forEach(page -> page.awaitItem(LONG));
        int last = order.lastIndexOf("page");
        assertEquals(PAGES, order.stream().filter("page"::equals).count());
        assertEquals(
                PAGES - 1,
                order.subList(0, last).stream().filter("other"::equals).count(),
                order::toString);
    }

    @Test
    void whoWaitsWhenTheReplicaStopsIsTold() {
        List<UniAssertSubscriber<KeyPage>> pages = new ArrayList<>();
        awaited(replica.onLoop(() -> {
            for (int i = 0; i < PAGES; i++) {
                atEveryLevel()
                        .forEach(page -> pages.add(page.subscribe().withSubscriber(UniAssertSubscriber.create())));
            }
            return true;
        }));
        replica.stop();
        await().atMost(LONG)
                .until(() -> pages.stream().allMatch(page -> page.getItem() != null || page.getFailure() != null));
        assertTrue(pages.stream()
                .allMatch(page -> page.getItem() != null || page.getFailure() instanceof ReplicaException.Unavailable));
    }
}
