package dev.quorate.bench.http;

import dev.quorate.bench.http.Served.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A thousand keys, overwritten five million times, in three processes with segments of 1 MiB and a snapshot every 4 MiB:
 * what they take on disk and in the heap, near the beginning and at the end.
 */
final class Churn {
    private static final int KEYS = 1_000;
    private static final List<String> SMALL =
            List.of("-Dquorate.wal.segment-size=1M", "-Dquorate.snapshot.every-bytes=4M");

    private final Path directory;
    private final long overwrites;
    private final long first;
    private long done;

    Churn(Path directory, boolean isShort) {
        this.directory = directory;
        this.overwrites = isShort ? 60_000 : 5_000_000;
        this.first = isShort ? 20_000 : 250_000;
    }

    /** What the three take together. */
    private record Taken(long files, long diskBytes, long heapBytes, long peakBytes) {
        @Override
        public String toString() {
            return "%d files, %.1f MB on disk, %.1f MB of live heap, at most %.0f MB of memory a process"
                    .formatted(files, diskBytes / 1e6, heapBytes / 1e6, peakBytes / 1e6);
        }
    }

    void run() throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        try (Quorate quorate = Quorate.start("quorate", Strain.APP, directory, SMALL, List.of())) {
            quorate.fill(KEYS);
            overwrite(quorate, first);
            System.out.printf("after %d overwrites: %s%n", done, taken(quorate));
            long most = overwrite(quorate, overwrites);
            System.out.printf("after %d overwrites: %s%n", done, taken(quorate));
            System.out.printf(
                    "at most %.1f MB on disk meanwhile; %d s in all%n",
                    most / 1e6, Duration.ofNanos(System.nanoTime() - startNanos).toSeconds());
        }
    }

    /** Until there were so many; returns the most that was on disk in between. */
    private long overwrite(Quorate quorate, long until) throws IOException, InterruptedException {
        AtomicLong most = new AtomicLong();
        Thread looking = new Thread(() -> {
            try {
                while (true) {
                    most.accumulateAndGet(onDisk()[1], Math::max);
                    Thread.sleep(500);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        looking.start();
        while (done < until) {
            done += Load.run(quorate, Kind.MAJORITY_WRITE, 64, 5).requests();
        }
        looking.interrupt();
        looking.join();
        return most.get();
    }

    private Taken taken(Quorate quorate) throws IOException, InterruptedException {
        Thread.sleep(3_000); // a snapshot that is due is begun within a second
        long heap = 0;
        long peak = 0;
        for (Proc process : quorate.processes()) {
            heap += process.liveHeapBytes();
            peak = Math.max(peak, process.peakBytes());
        }
        long[] disk = onDisk();
        return new Taken(disk[0], disk[1], heap, peak);
    }

    /** Files and their bytes; they come and go meanwhile. */
    private long[] onDisk() throws IOException {
        long[] disk = new long[2];
        Files.walkFileTree(directory.resolve("data"), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                disk[0]++;
                disk[1] += attributes.size();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
                return FileVisitResult.CONTINUE;
            }
        });
        return disk;
    }
}
