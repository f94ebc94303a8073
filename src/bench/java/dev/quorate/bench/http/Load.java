package dev.quorate.bench.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Requests by wrk with one thread; each connection sends its next request when the last was answered. */
final class Load {
    private static final Path SCRIPT = Path.of("src/bench/requests.lua");
    private static final Pattern RESULT =
            Pattern.compile("RESULT requests=(\\d+) micros=(\\d+) p50=(\\d+) p99=(\\d+) failed=(\\d+)");

    private Load() {}

    /** What wrk saw. */
    record Result(long requests, double perSecond, double p50Ms, double p99Ms) {}

    /**
     * Runs for so many seconds.
     *
     * @throws IOException if a request failed, or if writes did not reach every process
     */
    static Result run(Served served, Served.Kind kind, int connections, int seconds)
            throws IOException, InterruptedException {
        List<Long> before = served.held();
        Result result = wrk(served, kind, connections, seconds);
        if (kind.writes()) {
            checkHeld(served, before, result.requests);
        }
        return result;
    }

    /** Writes every key, so that reads find it. Each run begins with the first key, so one of them must reach the last. */
    static void fill(Served served) throws IOException, InterruptedException {
        int seconds = 1;
        while (run(served, Served.Kind.WRITE, 64, seconds).requests < Requests.KEYS) {
            seconds *= 2;
        }
    }

    /** Goes on until so many requests were answered. */
    static void warm(Served served, Served.Kind kind, long requests) throws IOException, InterruptedException {
        for (long done = 0; done < requests; ) {
            done += run(served, kind, 64, 2).requests;
        }
    }

    private static Result wrk(Served served, Served.Kind kind, int connections, int seconds)
            throws IOException, InterruptedException {
        Process wrk = new ProcessBuilder(
                        "wrk",
                        "-t1",
                        "-c" + connections,
                        "-d" + seconds + "s",
                        "--timeout=10s",
                        "-s",
                        SCRIPT.toString(),
                        served.url(),
                        "--",
                        served.requests(kind).toString())
                .redirectErrorStream(true)
                .start();
        String out = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        wrk.waitFor();
        Matcher result = RESULT.matcher(out);
        if (!result.find() || !result.group(5).equals("0")) {
            throw new IOException(served.name() + " " + kind + " at " + connections + " connections: " + out);
        }
        long requests = Long.parseLong(result.group(1));
        return new Result(
                requests,
                requests * 1e6 / Long.parseLong(result.group(2)),
                Long.parseLong(result.group(3)) / 1e3,
                Long.parseLong(result.group(4)) / 1e3);
    }

    /** A benchmark of replication that does not see the followers move measures nothing. */
    private static void checkHeld(Served served, List<Long> before, long written)
            throws IOException, InterruptedException {
        List<Long> after = served.held();
        for (int tries = 0; tries < 1000; tries++) {
            boolean all = true;
            for (int i = 0; i < after.size(); i++) {
                all &= after.get(i) - before.get(i) >= written;
            }
            if (all) {
                return;
            }
            Thread.sleep(10);
            after = served.held();
        }
        throw new IOException(
                served.name() + ": " + written + " writes were acknowledged; before " + before + ", after " + after);
    }
}
