package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.config.QuorateConfig;
import dev.quorate.protocol.Role;
import dev.quorate.protocol.Stage;
import dev.quorate.protocol.WriteConcern;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found in the files of replicas that run. */
class ScrubTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String FIRST_SEGMENT = "wal-0000000000000001.seg";

    @TempDir
    Path directory;

    private @Nullable HostedReplicas hosted;

    @AfterEach
    void stop() {
        if (hosted != null) {
            hosted.stop();
        }
    }

    /** Of a process that holds all; large enough a log that its first segment is written no more. */
    private HostedReplicas start(int replicas) {
        QuorateConfig config = Configurations.of(Map.of(
                "quorate.replicas",
                "" + replicas,
                "quorate.wal.segment-size",
                "64K",
                "quorate.limits.value-size",
                "16K",
                "quorate.election-timeout",
                "500ms",
                "quorate.data-dir",
                directory.toString()));
        DirectPeers peers = new DirectPeers(this::replica);
        HostedReplicas opened = new HostedReplicas(config, peers.peers(), new SilentListener(), new ClusterEvents());
        hosted = opened;
        opened.open(false, reason -> {});
        opened.start("http://127.0.0.1:1");
        await().atMost(LONG).until(() -> opened.asked().view().serving());
        for (int n = 0; n < 12; n++) {
            put(opened, n);
        }
        return opened;
    }

    private @Nullable Replica replica(int id) {
        return hosted == null ? null : hosted.hosted(id).orElse(null);
    }

    private static void put(HostedReplicas opened, int n) {
        WriteConcern all = WriteConcern.of("all");
        opened.asked()
                .put("key-" + n, new byte[10_000], null, all, LONG)
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitItem(LONG);
    }

    private void damage(int id) throws IOException {
        Path file = directory.resolve("replica-" + id).resolve(FIRST_SEGMENT);
        byte[] bytes = Files.readAllBytes(file);
        bytes[5_000] ^= 1;
        Files.write(file, bytes);
    }

    private static void scrub(HostedReplicas opened) {
        opened.scrub().subscribe().withSubscriber(UniAssertSubscriber.create()).awaitItem(LONG);
    }

    @Test
    void filesThatAreWholeAreLeftAlone() {
        HostedReplicas opened = start(3);
        scrub(opened);
        assertTrue(opened.damage().isEmpty());
        assertFalse(Files.exists(directory.resolve("replica-1/quarantine")));
    }

    @Test
    void aRunningReplicaWhoseFileDecaysIsFilledAgainTheLeaderToo() throws IOException {
        HostedReplicas opened = start(3);
        int leader = opened.asked().id();
        int follower = (leader + 1) % 3;
        for (int id : new int[] {follower, leader}) {
            damage(id);
            scrub(opened);
            assertTrue(Files.exists(directory.resolve("replica-" + id).resolve("quarantine/1/why")), "replica " + id);
            await().atMost(LONG)
                    .until(() -> opened.hosted().stream()
                            .allMatch(replica -> replica.view().stage() == Stage.FORMED
                                    && replica.reads().local("key-11").value() != null));
        }
        await().atMost(LONG).until(() -> opened.asked().view().serving());
        put(opened, 12);
        assertTrue(opened.damage().isEmpty());
    }

    @Test
    void aSnapshotThatDecaysIsWrittenAnewAndTheReplicaServesOn() throws IOException {
        HostedReplicas opened = start(3);
        int follower = (opened.asked().id() + 1) % 3;
        Snapshots snapshots = opened.hosted(follower).orElseThrow().snapshots();
        var unused = FullDiskTest.end(snapshots.request()).getItem();
        await().atMost(LONG)
                .until(() ->
                        snapshots.status().index() > 0 && snapshots.status().writingIndex() == 0);
        SnapshotStatus first = snapshots.status();
        String name = String.format("snapshot-%016x.snap", first.index());
        Path file = directory.resolve("replica-" + follower).resolve(name);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        put(opened, 12);
        put(opened, 13); // by then the entry of the one before is known as committed at followers, too
        scrub(opened);
        await().atMost(LONG).until(() -> snapshots.status().index() > first.index());
        assertFalse(Files.exists(directory.resolve("replica-" + follower).resolve("quarantine")));
        assertTrue(opened.damage().isEmpty());
    }

    /** Nobody else has what it has: it serves on, and says what is damaged as long as it does. */
    @Test
    void aLoneReplicaGoesOnAndSaysSo() throws IOException {
        HostedReplicas opened = start(1);
        damage(0);
        scrub(opened);
        assertTrue(opened.damage().orElse("").contains(FIRST_SEGMENT + " is damaged at offset"), opened.damage() + "");
        put(opened, 12);
        assertEquals(Role.LEADER, opened.asked().role());
        assertFalse(Files.exists(directory.resolve("replica-0/quarantine")));
        damage(0); // the same bit again: as it was
        scrub(opened);
        assertEquals(Optional.empty(), opened.damage());
    }
}
