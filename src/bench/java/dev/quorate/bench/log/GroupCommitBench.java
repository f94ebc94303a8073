package dev.quorate.bench.log;

import dev.quorate.protocol.EntryKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * P6: 64 threads, each of which has an entry of 100 bytes appended by the one writer, and waits until it is synced; an op
 * is an entry. Behind each iteration the same disk is measured alone: a file of the same kind, into which as many bytes
 * are mapped as a batch had, and synced, for a second; the ratio to that rate times the mean batch is printed.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Threads(64)
@Warmup(iterations = 2, time = 4)
@Measurement(iterations = 4, time = 4)
@Fork(2)
public class GroupCommitBench {
    private static final int SEGMENT_BYTES = 512 << 20;
    private static final int RAW_BYTES = 64 << 20;
    private static final int RECORD_BYTES = 128;
    private static final int FRAME_BYTES = 40;
    private static final long RAW_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ConcurrentLinkedQueue<Waiter> asked = new ConcurrentLinkedQueue<>();
    private final ByteBuffer payload = ByteBuffer.allocate(Log.PAYLOAD_BYTES);
    private volatile boolean stopped;
    private Log log;
    private FileChannel raw;
    private Thread writer;
    private long firstIndex;
    private long startNanos;

    /** Who waits for an entry. */
    private static final class Waiter {
        private final Thread thread = Thread.currentThread();
        private volatile boolean done;
        private long index;
    }

    /** A log, its writer, and a file beside it, all for the whole run: what is deleted costs the disk for a while. */
    @Setup(Level.Trial)
    public void open() throws IOException {
        log = new Log(SEGMENT_BYTES, () -> LockSupport.unpark(writer));
        raw = raw(log.directory().resolve("raw"));
        writer = new Thread(this::write, "writer");
        writer.start();
    }

    /** Begins to count. */
    @Setup(Level.Iteration)
    public void begin() {
        log.meanBatch();
        firstIndex = log.wal().syncedIndex();
        startNanos = System.nanoTime();
    }

    private void write() {
        ArrayDeque<Waiter> waiting = new ArrayDeque<>();
        try {
            while (!stopped) {
                Waiter next;
                while ((next = asked.poll()) != null) {
                    next.index = log.wal().append(1, EntryKind.MUTATION, payload);
                    waiting.add(next);
                }
                log.wal().requestSync();
                long synced = log.wal().syncedIndex();
                while (!waiting.isEmpty() && waiting.peek().index <= synced) {
                    Waiter waiter = waiting.poll();
                    waiter.done = true;
                    LockSupport.unpark(waiter.thread);
                }
                if (asked.isEmpty()) {
                    LockSupport.parkNanos(100_000);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One entry, until it is durable. */
    @Benchmark
    public void commit() {
        Waiter waiter = new Waiter();
        asked.add(waiter);
        LockSupport.unpark(writer);
        while (!waiter.done && !stopped) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Measures the disk alone, and says the ratio. */
    @TearDown(Level.Iteration)
    public void compare() throws IOException {
        double rate = (log.wal().syncedIndex() - firstIndex) * 1e9 / (System.nanoTime() - startNanos);
        double batch = log.meanBatch();
        double syncs = rawSyncs(FRAME_BYTES + (int) (batch * RECORD_BYTES));
        System.out.printf(
                "%.0f entries/s, %.1f a sync; %.0f raw syncs/s; ratio %.2f%n",
                rate, batch, syncs, rate / (syncs * batch));
    }

    /** Ends it. */
    @TearDown(Level.Trial)
    public void close() throws IOException, InterruptedException {
        stopped = true;
        writer.join();
        raw.close();
        log.close();
    }

    /** A file that holds zeros, durable, as a segment is. */
    private static FileChannel raw(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        ByteBuffer zeros = ByteBuffer.allocateDirect(4096);
        for (int at = 0; at < RAW_BYTES; at += 4096) {
            channel.write(zeros.clear(), at);
        }
        channel.force(true);
        return channel;
    }

    /** Syncs a second, of so many bytes each, one behind the other. */
    private double rawSyncs(int bytes) throws IOException {
        MappedByteBuffer map = raw.map(FileChannel.MapMode.READ_WRITE, 0, RAW_BYTES);
        byte[] batch = new byte[bytes];
        long start = System.nanoTime();
        int syncs = 0;
        for (; System.nanoTime() - start < RAW_NANOS; syncs++) {
            batch[0]++;
            map.put((int) ((long) syncs * bytes % (RAW_BYTES - bytes)), batch);
            raw.force(false);
        }
        return syncs * 1e9 / (System.nanoTime() - start);
    }
}
