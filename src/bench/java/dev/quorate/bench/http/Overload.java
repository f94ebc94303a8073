package dev.quorate.bench.http;

import dev.quorate.bench.http.Served.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/**
 * Ten times what three processes can serve, for a minute, a part of it bodies of 1 MiB; with the defaults and a heap of
 * 256 MB. Then what a refusal costs beside a write that is taken.
 */
final class Overload {
    private static final int CONNECTIONS = 1_000;
    private static final int SERVED_CONNECTIONS = 64;
    private static final int ONE_IN_LARGE = 20;
    private static final int LARGE_KEYS = 16;
    private static final int LARGE_BYTES = 1 << 20;

    private final Path directory;
    private final int times;
    private final Duration before;
    private final Duration overload;
    private final long warm;

    Overload(Path directory, boolean isShort) {
        this.directory = directory;
        this.times = 10;
        this.before = Duration.ofSeconds(isShort ? 2 : 10);
        this.overload = Duration.ofSeconds(isShort ? 5 : 60);
        this.warm = isShort ? 1_000 : 150_000;
    }

    void run() throws IOException, InterruptedException {
        overload();
        List<String> first = List.of("-Dquorate.limits.pending-writes=1");
        refusals("small bodies", first, small());
        refusals("bodies of 1 MiB", first, large());
    }

    private void overload() throws IOException, InterruptedException {
        try (Quorate quorate =
                Quorate.start("quorate", Strain.APP, directory.resolve("overload"), List.of(), List.of())) {
            quorate.fill(Requests.KEYS);
            Load.warm(quorate, Kind.MAJORITY_WRITE, warm);
            Load.Result first = Load.run(quorate, Kind.MAJORITY_WRITE, SERVED_CONNECTIONS, 5);
            Tally served;
            try (Flood flood = new Flood(quorate.url(), SERVED_CONNECTIONS, mixed())) {
                served = flood.run(Double.POSITIVE_INFINITY, before);
            }
            System.out.printf(
                    "one in %d of 1 MiB, %d connections, as fast as answered: %s%n",
                    ONE_IN_LARGE, SERVED_CONNECTIONS, served);
            List<Long> heap = live(quorate);
            double rate = times * served.acceptedPerSecond();
            Probe probe = new Probe(quorate.leader());
            Tally tally;
            try (probe;
                    Flood flood = new Flood(quorate.url(), CONNECTIONS, mixed())) {
                tally = flood.run(rate, overload);
            }
            System.out.printf(
                    Locale.ROOT,
                    "%d times that, %.0f/s, on %d connections: %s; p99 of those accepted %.1f times that before%n",
                    times,
                    rate,
                    CONNECTIONS,
                    tally,
                    tally.p99Ms() / served.p99Ms());
            System.out.println(probe);
            System.out.printf("live heap of the processes before %s, after %s MB; most memory", heap, live(quorate));
            for (Proc process : quorate.processes()) {
                System.out.printf(" %d", process.peakBytes() / 1_000_000);
            }
            System.out.println(" MB");
            Load.Result last = Load.run(quorate, Kind.MAJORITY_WRITE, SERVED_CONNECTIONS, 5);
            System.out.printf(
                    Locale.ROOT,
                    "small writes, %d connections: before %.0f/s, p99 %.1f ms; after %.0f/s, p99 %.1f ms; ratio %.2f%n",
                    SERVED_CONNECTIONS,
                    first.perSecond(),
                    first.p99Ms(),
                    last.perSecond(),
                    last.p99Ms(),
                    last.perSecond() / first.perSecond());
        }
    }

    private static List<Long> live(Quorate quorate) throws IOException, InterruptedException {
        List<Long> live = new ArrayList<>();
        for (Proc process : quorate.processes()) {
            live.add(process.liveHeapBytes() / 1_000_000);
        }
        return live;
    }

    /** The processor time of all three for what they take, and for what they refuse, one write being the limit. */
    private void refusals(String what, List<String> limit, IntFunction<ByteBuffer> requests)
            throws IOException, InterruptedException {
        Path below = directory.resolve(what.replace(' ', '-'));
        double accepted = cost(below.resolve("taken"), List.of(), requests, Tally::accepted);
        double refused = cost(below.resolve("refused"), limit, requests, Tally::refused);
        System.out.printf(
                Locale.ROOT,
                "%s: %.0f µs of processor time a write taken, %.0f a write refused; ratio %.2f%n",
                what,
                accepted,
                refused,
                refused / accepted);
    }

    private interface Counted {
        long of(Tally tally);
    }

    private double cost(Path below, List<String> jvm, IntFunction<ByteBuffer> requests, Counted counted)
            throws IOException, InterruptedException {
        try (Quorate quorate = Quorate.start("quorate", Strain.APP, below, jvm, List.of());
                Flood flood = new Flood(quorate.url(), SERVED_CONNECTIONS, requests)) {
            flood.run(Double.POSITIVE_INFINITY, before);
            double micros = cpuMicros(quorate);
            Tally tally = flood.run(Double.POSITIVE_INFINITY, before);
            micros = cpuMicros(quorate) - micros;
            // Where one is the limit, one in so many is taken all the same; what these cost is counted to the others.
            System.out.println("  " + tally);
            return micros / counted.of(tally);
        }
    }

    private static double cpuMicros(Quorate quorate) {
        return quorate.processes().stream()
                .mapToDouble(process -> process.cpu().toNanos() / 1e3)
                .sum();
    }

    // ---- requests --------------------------------------------------------------------------------------------------

    private static IntFunction<ByteBuffer> mixed() {
        IntFunction<ByteBuffer> small = small();
        IntFunction<ByteBuffer> large = large();
        return number -> number % ONE_IN_LARGE == 0 ? large.apply(number / ONE_IN_LARGE) : small.apply(number);
    }

    private static IntFunction<ByteBuffer> small() {
        return prepared(Requests.KEYS, number -> put(Requests.key(number), Requests.value(number)));
    }

    private static IntFunction<ByteBuffer> large() {
        return prepared(LARGE_KEYS, number -> put("large-" + number, "v".repeat(LARGE_BYTES)));
    }

    private static IntFunction<ByteBuffer> prepared(int count, IntFunction<ByteBuffer> request) {
        List<ByteBuffer> all = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            all.add(request.apply(number));
        }
        return number -> all.get(number % count).duplicate();
    }

    private static ByteBuffer put(String key, String value) {
        byte[] request = ("PUT /kv/" + key + " HTTP/1.1\r\nHost: bench\r\nContent-Type: text/plain\r\nContent-Length: "
                        + value.length() + "\r\n\r\n" + value)
                .getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocateDirect(request.length).put(request).flip();
    }
}
