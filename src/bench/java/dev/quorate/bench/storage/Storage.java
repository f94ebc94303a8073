package dev.quorate.bench.storage;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.SyncListener;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.Wal;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.EntryKind;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What the log and the store cost when they are large: P7 and P8. Started by {@code src/bench/storage}. */
public final class Storage {
    private static final long LOG_BYTES = 1L << 30;
    private static final int KEYS = 1_000_000;
    private static final int VALUE_BYTES = 100;
    private static final int ROUNDS = 3;
    private static final WalOptions OPTIONS = new WalOptions(64 << 20, SyncPolicy.ALWAYS, Duration.ofMillis(100));

    private Storage() {}

    /** {@code recovery}, {@code memory} or both. */
    public static void main(String[] args) throws IOException, InterruptedException {
        List<String> wanted = args.length == 0 ? List.of("recovery", "memory") : List.of(args);
        System.out.printf("%d processors, Java %s%n", Runtime.getRuntime().availableProcessors(), Runtime.version());
        if (wanted.contains("recovery")) {
            recovery();
        }
        if (wanted.contains("memory")) {
            memory();
        }
    }

    // ---- P7 --------------------------------------------------------------------------------------------------------

    private static void recovery() throws IOException, InterruptedException {
        Path parent = Files.createDirectories(Path.of("target", "bench").toAbsolutePath());
        Path directory = Files.createTempDirectory(parent, "recovery-");
        try {
            long bytes = write(directory);
            System.out.printf("P7: %d MiB of log, entries of %d bytes%n", bytes >> 20, VALUE_BYTES);
            List<Double> log = new ArrayList<>();
            List<Double> all = new ArrayList<>();
            boolean cold = forgetPages();
            for (int round = 0; round < ROUNDS; round++) {
                double cat = megabytesASecond(directory, Storage::cat);
                double opened = megabytesASecond(directory, path -> open(path, false));
                double replayed = megabytesASecond(directory, path -> open(path, true));
                log.add(opened / cat);
                all.add(replayed / cat);
                System.out.printf(
                        Locale.ROOT,
                        "pages %s: cat %.0f MB/s, log opened %.0f MB/s (%.2f), and applied to a store %.0f MB/s (%.2f)%n",
                        cold ? "forgotten" : "in memory",
                        cat,
                        opened,
                        opened / cat,
                        replayed,
                        replayed / cat);
            }
            System.out.printf("P7 log opened / cat %s, with the store %s, aim ≥ 0.5%n", spread(log), spread(all));
        } finally {
            delete(directory);
        }
    }

    /** Returns the bytes of the segment files. */
    private static long write(Path directory) throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            data.writeIdentityAndSync(new byte[] {1});
            try (Wal wal = Wal.open(data, OPTIONS, new Deaf())) {
                byte[] value = new byte[VALUE_BYTES];
                for (long n = 0; wal.sizeBytes() < LOG_BYTES; n++) {
                    wal.append(1, EntryKind.MUTATION, MutationCodec.put(key(n % 100_000), value, null, 1, n));
                    if (n % 100 == 0) {
                        wal.requestSync();
                    }
                }
            }
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    private static String key(long n) {
        return String.format("key-%07d", n);
    }

    @FunctionalInterface
    private interface Reading {
        void of(Path directory) throws IOException, InterruptedException;
    }

    private static double megabytesASecond(Path directory, Reading reading) throws IOException, InterruptedException {
        long bytes;
        try (Stream<Path> files = Files.list(directory)) {
            bytes = files.mapToLong(file -> file.toFile().length()).sum();
        }
        boolean unused = forgetPages();
        long start = System.nanoTime();
        reading.of(directory);
        return bytes * 1e3 / (System.nanoTime() - start);
    }

    private static void cat(Path directory) throws IOException, InterruptedException {
        int failed = new ProcessBuilder("sh", "-c", "cat \"$0\"/* > /dev/null", directory.toString())
                .start()
                .waitFor();
        if (failed != 0) {
            throw new IOException("cat failed");
        }
    }

    private static void open(Path directory, boolean replays) throws IOException {
        Store store = new Store();
        try (DataDirectory data = DataDirectory.open(directory);
                Wal wal = Wal.open(data, OPTIONS, new Deaf())) {
            if (replays) {
                store.committed(wal.lastIndex());
                wal.replay(1, (index, term, kind, payload) -> store.apply(term, index, payload));
                if (store.size() != 100_000) {
                    throw new IOException("not all was replayed");
                }
            }
        }
    }

    /** As root the page cache is emptied, so that all read from the disk; else all read from memory. */
    private static boolean forgetPages() throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", "sync; echo 1 > /proc/sys/vm/drop_caches")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private static void delete(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.walk(directory)) {
            files = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    // ---- P8 --------------------------------------------------------------------------------------------------------

    private static void memory() {
        long before = usedAfterCollection();
        Store store = new Store();
        for (int n = 0; n < KEYS; n++) {
            ByteBuffer put = MutationCodec.put(key(n), new byte[VALUE_BYTES], "text/plain", 1, n);
            store.apply(1, n + 1, put);
            store.committed(n + 1);
        }
        long used = usedAfterCollection() - before;
        System.out.printf(
                Locale.ROOT,
                "P8: %d records, %d MB of keys and values, %d MB of heap, %.0f bytes a record; ratio %.2f, aim ≤ 2.5%n",
                store.size(),
                store.sizeBytes() / 1_000_000,
                used / 1_000_000,
                (double) used / store.size(),
                (double) used / store.sizeBytes());
    }

    private static long usedAfterCollection() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static String spread(List<Double> ratios) {
        List<Double> sorted = ratios.stream().sorted().toList();
        return String.format(
                Locale.ROOT,
                "%.2f (%.2f–%.2f)",
                sorted.get(sorted.size() / 2),
                sorted.get(0),
                sorted.get(sorted.size() - 1));
    }

    private static final class Deaf implements SyncListener {
        @Override
        public void synced(long index) {}

        @Override
        public void forced(Duration took, long entries) {}

        @Override
        public void syncFailed(IOException cause, Path file) {
            throw new UncheckedIOException(cause);
        }
    }
}
