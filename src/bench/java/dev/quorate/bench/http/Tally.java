package dev.quorate.bench.http;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What became of requests. */
final class Tally {
    private final Map<Integer, Long> byStatus = new TreeMap<>();
    private final Latencies accepted = new Latencies();
    private final Latencies refused = new Latencies();
    long nanos;
    long offered;
    long sent;
    long broken;
    long unanswered;

    void answered(int status, long tookNanos) {
        byStatus.merge(status, 1L, Long::sum);
        if (status / 100 == 2) {
            accepted.add(tookNanos);
        } else if (status == 503 || status == 429) {
            refused.add(tookNanos);
        }
    }

    long accepted() {
        return accepted.count;
    }

    long refused() {
        return refused.count;
    }

    double acceptedPerSecond() {
        return accepted.count * 1e9 / nanos;
    }

    double p99Ms() {
        return accepted.ms(0.99);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d sent in %.0f s; accepted %.0f/s (p50 %.1f ms, p99 %.1f, most %.1f), refused %.0f/s (p50 %.1f ms, p99 %.1f);"
                        + " by status %s, %d connections broke, %d never answered",
                sent,
                nanos / 1e9,
                acceptedPerSecond(),
                accepted.ms(0.5),
                accepted.ms(0.99),
                accepted.ms(1),
                refused.count * 1e9 / nanos,
                refused.ms(0.5),
                refused.ms(0.99),
                byStatus,
                broken,
                unanswered);
    }

    /** All of them, for exact percentiles. */
    private static final class Latencies {
        private int[] micros = new int[1 << 16];
        private int count;

        void add(long nanos) {
            if (count == micros.length) {
                micros = Arrays.copyOf(micros, 2 * count);
            }
            micros[count++] = (int) (nanos / 1_000);
        }

        double ms(double share) {
            if (count == 0) {
                return 0;
            }
            int[] sorted = Arrays.copyOf(micros, count);
            Arrays.sort(sorted);
            return sorted[Math.min(count - 1, (int) (count * share))] / 1e3;
        }
    }
}
