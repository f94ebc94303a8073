package dev.quorate.bench.http;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** How to measure: what the command line says, and what holds where it says nothing. */
final class Options {
    static final String USAGE = """
            src/bench/compare [option]...
              --seconds=5              of one measurement
              --rounds=3               A B A B: how often each side is measured
              --warm=250000            requests before each kind of call is measured, each side
              --warm-etcd=20000        the same for etcd, which has nothing to compile while it runs
              --connections=1,64,256
              --only=P1,P2,P3,P4,P11
              --baseline=FOLDER        the quarkus-app of another build, in the place of etcd and the bare endpoint
              --jvm=OPTIONS            for the JVMs of Quorate (not of the baseline), with blanks between
              --leader-jvm=OPTIONS     for the JVM of replica 0; for a profiler:
                                       -XX:StartFlightRecording=filename=/tmp/leader.jfr,settings=profile
              --smoke                  one second, one round, hardly warmed: whether it works, not how fast it is
            BENCH_SKIP_BUILD=1 measures what was built before.
            """;

    private final Map<String, String> values = new LinkedHashMap<>(Map.of(
            "seconds", "5",
            "rounds", "3",
            "warm", "250000",
            "warm-etcd", "20000",
            "connections", "1,64,256",
            "only", "P1,P2,P3,P4,P11",
            "baseline", "",
            "jvm", "",
            "leader-jvm", ""));

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException if it is not as {@link #USAGE} says
     */
    Options(String... args) {
        for (String arg : args) {
            if (arg.equals("--smoke")) {
                values.putAll(Map.of("seconds", "1", "rounds", "1", "warm", "5000", "warm-etcd", "1000"));
                continue;
            }
            String[] parts = arg.split("=", 2);
            String name = parts[0].replaceFirst("^--", "");
            if (parts.length < 2 || values.replace(name, parts[1]) == null) {
                throw new IllegalArgumentException(arg);
            }
        }
    }

    int seconds() {
        return Integer.parseInt(values.get("seconds"));
    }

    int rounds() {
        return Integer.parseInt(values.get("rounds"));
    }

    long warmRequests() {
        return Long.parseLong(values.get("warm"));
    }

    long warmEtcd() {
        return Long.parseLong(values.get("warm-etcd"));
    }

    List<Integer> connections() {
        return list("connections", ",").map(Integer::valueOf).toList();
    }

    boolean measures(String id) {
        return list("only", ",").anyMatch(id::equals);
    }

    boolean hasBaseline() {
        return !values.get("baseline").isEmpty();
    }

    Path baseline() {
        return Path.of(values.get("baseline")).toAbsolutePath();
    }

    List<String> jvm() {
        return list("jvm", " +").toList();
    }

    List<String> leaderJvm() {
        return list("leader-jvm", " +").toList();
    }

    private Stream<String> list(String name, String separator) {
        return Stream.of(values.get(name).split(separator, -1)).filter(part -> !part.isEmpty());
    }
}
