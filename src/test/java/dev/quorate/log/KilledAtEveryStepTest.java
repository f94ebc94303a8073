package dev.quorate.log;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.simulation.Seeds;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * As {@link CrashAtEveryStepTest}, but of a process of its own that gets a SIGKILL at the step, its other threads wherever
 * they are. What it had told of its promises is there when the directory is opened by another process. The commit decides
 * which of the steps that have a name are taken, and at which of their occurrences; {@code -Dcrash.seed=N} decides
 * otherwise, and {@code -Dcrash.steps=all} takes every occurrence of all.
 */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(value = 10, unit = TimeUnit.MINUTES) // of a process that neither ends nor speaks
class KilledAtEveryStepTest {
    /** What a log needs, of a class path that is much longer: a process starts in a fraction of a second. */
    private static final Pattern NEEDED = Pattern.compile(
            "(junit-jupiter-api|opentest4j|junit-platform-commons|awaitility|hamcrest|jspecify|jboss-logging).*\\.jar");

    private static final int KILLED = 128 + 9;

    /** As many as take some seconds. */
    private static final int PROCESSES = 12;

    @TempDir
    Path directory;

    /** @param occurrence which of the steps of that name, from 1 */
    private record Place(LogWork work, String step, int occurrence) {
        @Override
        public String toString() {
            return work + " before " + step + ", occurrence " + occurrence;
        }
    }

    @Test
    void nothingThatWasToldIsLost(TestReporter reporter) throws Exception {
        boolean all = System.getProperty("crash.steps", "").equals("all");
        long seed = Long.getLong("crash.seed", Seeds.ofThisCommit());
        List<Place> places = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(seed);
        for (LogWork work : LogWork.values()) {
            steps(work).forEach((step, occurrences) -> {
                int one = 1 + random.nextInt(occurrences);
                for (int n = all ? 1 : one; n <= (all ? occurrences : one); n++) {
                    places.add(new Place(work, step, n));
                }
            });
        }
        int steps = places.size();
        if (!all) {
            Collections.shuffle(places, new Random(seed));
            places.subList(Math.min(PROCESSES, steps), steps).clear();
        }
        int killed = killAtEach(places, "-Dcrash." + (all ? "steps=all" : "seed=" + seed));
        reporter.publishEntry("killed", killed + " processes, of " + steps + " steps, seed " + seed);
    }

    /** The steps that a work takes, and how often. */
    private Map<String, Integer> steps(LogWork work) throws IOException {
        Path place = directory.resolve(work + "-counted");
        Disk disk = new Disk(place.resolve("live"), place.resolve("left"));
        LogPromises.Use log = new LogPromises().open(disk);
        work.prepare(log);
        log.awaitPreparedFile();
        disk.stopAt(0, null);
        work.run(log);
        Map<String, Integer> steps = new TreeMap<>();
        disk.steps().forEach(step -> steps.merge(step, 1, Integer::sum));
        log.abandon();
        assertTrue(!steps.isEmpty(), work + " does something");
        return steps;
    }

    /** How many processes were killed. */
    private int killAtEach(List<Place> places, String replay) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        int killed = 0;
        try {
            List<Future<Boolean>> ends = new ArrayList<>();
            for (Place place : places) {
                ends.add(pool.submit(() -> kill(place)));
            }
            for (Future<Boolean> end : ends) {
                killed += end.get() ? 1 : 0;
            }
        } catch (ExecutionException e) {
            throw new AssertionError("replay: ./mvnw test -Dtest=KilledAtEveryStepTest " + replay, e.getCause());
        } finally {
            pool.shutdown();
            assertTrue(pool.awaitTermination(1, TimeUnit.MINUTES));
        }
        return killed;
    }

    /**
     * Whether there was such a step to be killed at: how many syncs a log makes of its appends is for chance, and when it
     * fills the file for the next segment, so that one of these, or a later one of a name, need not be there.
     */
    private boolean kill(Place place) throws IOException, InterruptedException {
        Path data = directory.resolve(place.toString().replace(' ', '-'));
        Path errors = directory.resolve(data.getFileName() + ".err");
        Process process = new ProcessBuilder(command(data, place))
                .redirectError(errors.toFile())
                .start();
        LogPromises promises = new LogPromises();
        boolean there = false;
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                if (line.equals(LogProcess.AT_THE_STEP)) {
                    there = true;
                    process.toHandle().destroyForcibly(); // Process itself would close what it still has to say
                } else {
                    promises.hear(line);
                }
            }
        }
        int exit = process.waitFor();
        assertEquals(there ? KILLED : 0, exit, () -> place + ": " + text(errors));
        boolean byChance = place.occurrence > 1 || place.step.endsWith("prepared.tmp");
        assertTrue(there || byChance, () -> place + " does not occur");
        promises.check(data, place + " killed");
        return there;
    }

    private static List<String> command(Path data, Place place) {
        String needed = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> Files.isDirectory(Path.of(entry))
                        || NEEDED.matcher(String.valueOf(Path.of(entry).getFileName()))
                                .matches())
                .collect(joining(File.pathSeparator));
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                needed,
                LogProcess.class.getName(),
                data.toString(),
                place.work.name(),
                place.step,
                String.valueOf(place.occurrence));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
