package dev.quorate.bench.log;

import dev.quorate.log.Wal;
import dev.quorate.protocol.EntryKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** P5: entries of 100 bytes appended to a segment that has room for all of them, without a sync; an op is an entry. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 7)
@Fork(3)
public class AppendBench {
    private static final int ENTRIES = 1_000_000;
    private static final int SEGMENT_BYTES = 160 << 20;

    private final ByteBuffer payload = ByteBuffer.allocate(Log.PAYLOAD_BYTES);
    private Log log;

    /** Makes the segment, and waits for it. */
    @Setup(Level.Invocation)
    public void open() throws IOException {
        log = new Log(SEGMENT_BYTES, () -> {});
    }

    /** Removes it. */
    @TearDown(Level.Invocation)
    public void close() throws IOException {
        log.close();
    }

    /** The loop is the shell's: it appends what gathered, one after the other. */
    @Benchmark
    @OperationsPerInvocation(ENTRIES)
    public long append() throws IOException {
        Wal wal = log.wal();
        long last = 0;
        for (int i = 0; i < ENTRIES; i++) {
            last = wal.append(1, EntryKind.MUTATION, payload);
        }
        return last;
    }
}
