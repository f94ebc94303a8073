package dev.quorate.replica;

import static dev.quorate.replica.FullDiskTest.end;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.WriteConcern;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an earlier build wrote opens, and goes on. */
class OldDirectoriesTest {
    @TempDir
    Path directory;

    /** Of the build before batches, expiry and idempotency. */
    @Test
    void aLogOfTheFirstVersionOfMutationsIsReadAndWrittenOn() throws IOException {
        unpack("/directories/mutations-version-1.zip");
        for (int start = 1; start <= 2; start++) {
            Replica replica =
                    Replica.open(options(), Nobody.peers(), new SilentListener(), new ClusterEvents(), reason -> {});
            replica.start(true);
            try {
                await().until(() -> replica.view().serving());
                assertEquals("three 1.4 text/plain", seen(replica, "a"));
                assertEquals("two 1.3 null", seen(replica, "b/\u00e4"));
                assertEquals(" 1.5 null", seen(replica, "empty"));
                end(replica.put("new", new byte[1], null, WriteConcern.MAJORITY, Duration.ofSeconds(5)))
                        .assertCompleted();
            } finally {
                replica.stop();
            }
        }
    }

    private static String seen(Replica replica, String key) {
        StoredValue value = replica.reads().newest(key).value();
        assertNotNull(value);
        return new String(value.value(), StandardCharsets.UTF_8) + " " + value.version() + " " + value.contentType();
    }

    private void unpack(String resource) throws IOException {
        InputStream packed = Objects.requireNonNull(OldDirectoriesTest.class.getResourceAsStream(resource));
        try (ZipInputStream zip = new ZipInputStream(packed)) {
            ZipEntry entry;
            while ((entry = zip.getNextEntry()) != null) {
                Path path = directory.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else {
                    Files.createDirectories(Objects.requireNonNull(path.getParent()));
                    Files.copy(zip, path);
                }
            }
        }
    }

    private ReplicaOptions options() {
        return new ReplicaOptions(
                "quorate",
                1,
                0,
                directory.resolve("replica-0"),
                new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100)),
                Optional.empty(),
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
    }
}
