package dev.quorate.bench.http;

import dev.quorate.bench.http.Served.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Measures Quorate and what it is compared with in turn, A B A B, and prints ratios. Started by
 * {@code src/bench/compare}; what the figures are for is in {@code src/site/markdown/performance.md}.
 */
public final class Compare {
    private static final Path HERE = Path.of("target", "bench").toAbsolutePath();
    private static final Path RUN = HERE.resolve("run");
    private static final Path APP = Path.of("target", "quarkus-app").toAbsolutePath();
    private static final Path BARE_APP = HERE.resolve("bare/quarkus-app");
    private static final int STARTS_A_ROUND = 2;

    /**
     * One thing measured on both sides.
     *
     * @param atLeast the least ratio that is aimed at, by connections
     * @param p99AtMost the largest ratio of the 99th percentiles that is aimed at; 0 if none is
     */
    private record Work(String id, Kind kind, String what, Map<Integer, Double> atLeast, double p99AtMost) {}

    private static final Work P1 =
            new Work("P1", Kind.MAJORITY_WRITE, "PUT /kv, w=majority", Map.of(1, 1.5, 64, 4.5, 256, 4.5), 1.0 / 3);
    private static final Map<Integer, Double> P2_AT_LEAST = Map.of(1, 0.85, 64, 0.95, 256, 0.95);
    private static final Work P2 = new Work("P2", Kind.READ, "GET /kv?read=leader", P2_AT_LEAST, 0);
    private static final Work P2_ORIGINAL = new Work("P2", Kind.ORIGINAL_READ, "GET /read", P2_AT_LEAST, 0);
    private static final Work P3 =
            new Work("P3", Kind.LINEARIZABLE_READ, "GET /kv?read=linearizable", Map.of(1, 2.0, 64, 8.0, 256, 8.0), 0);
    private static final Work P4 = new Work("P4", Kind.WRITE, "POST /write", Map.of(64, 0.45, 256, 0.6), 0);

    private final Options options;

    private Compare(Options options) {
        this.options = options;
    }

    /** See {@link Options#USAGE}. Ends with 1 if something could not be measured; a missed target is no failure. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Options options;
        try {
            options = new Options(args);
        } catch (IllegalArgumentException e) {
            System.err.println(Options.USAGE);
            System.exit(2);
            return;
        }
        // Left by a run that failed, for whoever reads its logs; several GB.
        delete(RUN);
        new Compare(options).run();
        delete(RUN);
    }

    private void run() throws IOException, InterruptedException {
        System.out.printf(
                "%d processors, Java %s, %d rounds of %d s each, %d requests to warm up (etcd %d)%n%n",
                Runtime.getRuntime().availableProcessors(),
                Runtime.version(),
                options.rounds(),
                options.seconds(),
                options.warmRequests(),
                options.warmEtcd());
        if (options.measures("P11")) {
            starts();
        }
        System.out.println(Report.HEADER);
        try (Quorate quorate =
                Quorate.start("quorate", APP, RUN.resolve("quorate"), options.jvm(), options.leaderJvm())) {
            if (options.hasBaseline()) {
                againstBaseline(quorate);
            } else {
                againstOthers(quorate);
            }
        }
    }

    private void againstBaseline(Quorate quorate) throws IOException, InterruptedException {
        Path other = RUN.resolve("baseline");
        try (Quorate baseline = Quorate.start("baseline", options.baseline(), other, List.of(), List.of())) {
            compare(quorate, baseline, List.of(P1, P2, P2_ORIGINAL, P3, P4));
        }
    }

    private void againstOthers(Quorate quorate) throws IOException, InterruptedException {
        if (options.measures(P1.id) || options.measures(P3.id)) {
            try (Etcd etcd = Etcd.start(RUN.resolve("etcd"))) {
                compare(quorate, etcd, List.of(P1, P3));
            }
        }
        if (options.measures(P2.id) || options.measures(P4.id)) {
            try (Bare bare = Bare.start(BARE_APP, RUN.resolve("bare"))) {
                compare(quorate, bare, List.of(P2, P2_ORIGINAL, P4));
            }
        }
    }

    private void compare(Quorate quorate, Served other, List<Work> works) throws IOException, InterruptedException {
        Load.fill(quorate);
        Load.fill(other);
        for (Work work : works) {
            if (options.measures(work.id)) {
                compare(quorate, other, work);
            }
        }
    }

    private void compare(Quorate quorate, Served other, Work work) throws IOException, InterruptedException {
        Load.warm(quorate, work.kind, options.warmRequests());
        Load.warm(other, work.kind, other instanceof Etcd ? options.warmEtcd() : options.warmRequests());
        for (int connections : options.connections()) {
            List<Load.Result> ours = new ArrayList<>();
            List<Load.Result> theirs = new ArrayList<>();
            for (int round = 0; round < options.rounds(); round++) {
                ours.add(Load.run(quorate, work.kind, connections, options.seconds()));
                theirs.add(Load.run(other, work.kind, connections, options.seconds()));
            }
            boolean aims = !options.hasBaseline();
            double atLeast = aims ? work.atLeast.getOrDefault(connections, 0.0) : 0;
            double p99AtMost = aims && connections > 1 ? work.p99AtMost : 0;
            System.out.println(Report.line(
                    work.id + " " + work.what + " / " + other.name(), connections, ours, theirs, atLeast, p99AtMost));
        }
    }

    private void starts() throws IOException, InterruptedException {
        List<Double> ours = new ArrayList<>();
        List<Double> theirs = new ArrayList<>();
        // One more than is counted: the first reads the jars from disk.
        for (int start = 0; start <= options.rounds() * STARTS_A_ROUND; start++) {
            Path empty = RUN.resolve("start-" + start);
            double our = Quorate.startToReady(APP, empty).toMillis();
            double their = Bare.startToReady(BARE_APP, empty).toMillis();
            if (start > 0) {
                ours.add(our);
                theirs.add(their);
            }
        }
        System.out.println(Report.starts("P11 start to ready, empty directory / bare", ours, theirs, 1.2));
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
