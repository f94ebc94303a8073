package dev.quorate.bench.log;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.SyncListener;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.Wal;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.EntryKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** A log in a directory below {@code target/bench}, removed with it. */
final class Log implements AutoCloseable {
    static final int PAYLOAD_BYTES = 100;

    private final Path directory;
    private final DataDirectory data;
    private final Wal wal;
    private final LongAdder syncs = new LongAdder();
    private final LongAdder synced = new LongAdder();

    /** @param onSync called on the sync thread when a sync has ended */
    Log(int segmentBytes, Runnable onSync) throws IOException {
        this.directory = Files.createTempDirectory(Files.createDirectories(Path.of("target/bench")), "log-");
        this.data = DataDirectory.open(directory.resolve("data"));
        this.wal = Wal.open(
                data, new WalOptions(segmentBytes, SyncPolicy.ALWAYS, Duration.ofMillis(100)), listener(onSync));
        // The first segment is small; what is measured goes into one of full size.
        ByteBuffer payload = ByteBuffer.allocate(PAYLOAD_BYTES);
        while (wal.segments() == 1) {
            wal.append(1, EntryKind.MUTATION, payload);
        }
    }

    private SyncListener listener(Runnable onSync) {
        return new SyncListener() {
            @Override
            public void synced(long index) {
                onSync.run();
            }

            @Override
            public void forced(Duration took, long entries) {
                syncs.increment();
                synced.add(entries);
            }

            @Override
            public void syncFailed(IOException cause, Path file) {
                throw new UncheckedIOException(cause);
            }
        };
    }

    Path directory() {
        return directory;
    }

    Wal wal() {
        return wal;
    }

    /** Entries a sync, since the last call of this. */
    double meanBatch() {
        long entries = synced.sumThenReset();
        return (double) entries / Math.max(1, syncs.sumThenReset());
    }

    @Override
    public void close() throws IOException {
        wal.close();
        data.close();
        List<Path> files;
        try (Stream<Path> found = Files.walk(directory)) {
            files = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
