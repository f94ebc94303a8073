package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.config.QuorateConfig;
import dev.quorate.protocol.Role;
import dev.quorate.protocol.Stage;
import dev.quorate.protocol.WriteConcern;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three processes under {@code quorate.wal.sync=interval}: a power failure takes what all acknowledged from two of them, and
 * the third, which still has it and knows it to be committed, meets what the two have made of it.
 */
class OvertakenTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int N = 3;
    private static final int THIRD = 2;

    @TempDir
    Path directory;

    private final HostedReplicas[] processes = new HostedReplicas[N];
    private final AtomicReference<@Nullable String> fatal = new AtomicReference<>();
    private volatile boolean cut;

    @AfterEach
    void stop() {
        for (HostedReplicas process : processes) {
            if (process != null) {
                process.stop();
            }
        }
    }

    private void start(int id) {
        QuorateConfig config = Configurations.of(Map.of(
                "quorate.replicas",
                "" + N,
                "quorate.members",
                "http://127.0.0.1:1,http://127.0.0.1:2,http://127.0.0.1:3",
                "quorate.replica-id",
                "" + id,
                "quorate.wal.sync",
                "interval",
                "quorate.election-timeout",
                "500ms",
                "quorate.data-dir",
                directory.toString()));
        DirectPeers peers = new DirectPeers(to -> cut && (to == THIRD || id == THIRD) ? null : replica(to));
        HostedReplicas process = new HostedReplicas(config, peers.peers(), new SilentListener(), new ClusterEvents());
        processes[id] = process;
        process.open(false, fatal::set);
        process.start("http://127.0.0.1:1");
    }

    private @Nullable Replica replica(int id) {
        HostedReplicas process = processes[id];
        return process == null ? null : process.hosted(id).orElse(null);
    }

    private Replica leaderOf(int... ids) {
        List<Replica> serving = new ArrayList<>();
        await().atMost(LONG).until(() -> {
            serving.clear();
            for (int id : ids) {
                Replica replica = replica(id);
                if (replica != null
                        && replica.role() == Role.LEADER
                        && replica.view().serving()) {
                    serving.add(replica);
                }
            }
            return serving.size() == 1;
        });
        return serving.get(0);
    }

    private static void put(Replica leader, String key, String w) {
        leader.put(key, key.getBytes(StandardCharsets.UTF_8), null, WriteConcern.of(w), LONG)
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitItem(LONG);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private Path own(int id) {
        return directory.resolve("replica-" + id);
    }

    private void powerFails(int id) throws IOException {
        processes[id].stop();
        Files.move(own(id), directory.resolve("lost-" + id));
        copy(directory.resolve("before-" + id), own(id));
        // Term and vote are synced before they count, under an interval too.
        Files.copy(
                directory.resolve("lost-" + id).resolve("hard-state"),
                own(id).resolve("hard-state"),
                StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void whoHasWhatAMajorityLostIsFilledAgainAndKeepsItAside() throws IOException {
        for (int id = 0; id < N; id++) {
            start(id);
        }
        put(leaderOf(0, 1, 2), "kept", "all");
        for (int id : new int[] {0, 1}) {
            processes[id].stop();
            copy(own(id), directory.resolve("before-" + id));
            start(id);
        }
        Replica leader = leaderOf(0, 1, 2);
        put(leader, "lost", "all");
        long lost = leader.view().last().index();
        await().atMost(LONG).until(() -> committed(THIRD) >= lost);

        cut = true;
        powerFails(0);
        powerFails(1);
        start(0);
        start(1);
        put(leaderOf(0, 1), "new", "majority");
        assertTrue(lost <= committed(THIRD) && leaderOf(0, 1).view().commitIndex() >= lost, "they conflict");
        cut = false;

        await().atMost(LONG).until(() -> Files.exists(own(THIRD).resolve("quarantine/1/why")));
        String why = Files.readString(own(THIRD).resolve("quarantine/1/why"));
        assertTrue(why.contains("which it knows to be committed"), why);
        await().atMost(LONG).until(() -> {
            Replica third = replica(THIRD);
            return third != null
                    && third.view().stage() == Stage.FORMED
                    && third.reads().local("new").value() != null;
        });
        put(leaderOf(0, 1, 2), "after", "all");
        for (int id = 0; id < N; id++) {
            Replica replica = replica(id);
            assertEquals("kept", replica == null ? null : text(replica, "kept"));
            assertNull(replica == null ? "" : text(replica, "lost"));
        }
        assertNull(fatal.get(), "no process ends");
    }

    private long committed(int id) {
        Replica replica = replica(id);
        return replica == null ? 0 : replica.view().commitIndex();
    }

    private static @Nullable String text(Replica replica, String key) {
        StoredValue value = replica.reads().local(key).value();
        return value == null ? null : new String(value.value(), StandardCharsets.UTF_8);
    }
}
