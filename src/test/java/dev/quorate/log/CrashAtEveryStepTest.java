package dev.quorate.log;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A log is stopped before each call that changes something on its disk, one run a call: killed there, which keeps all that
 * was done, and without power, which keeps what chance will. What it had promised is there when it is opened again.
 */
@Execution(ExecutionMode.CONCURRENT)
class CrashAtEveryStepTest {
    /** Runs without power at each step, each with other luck: more of works of few steps; {@link LogModelTest} has many. */
    private static final int POWER_LOSSES = 1;

    private static final int OF_FEW_STEPS = 4;

    @TempDir
    Path directory;

    private int stops;

    /** Returns the steps it was stopped at. */
    private Set<String> stopAtEachStep(LogWork work, int powerLosses) throws IOException {
        Set<String> steps = new TreeSet<>();
        for (int seed = 0; seed <= powerLosses; seed++) {
            for (int step = 1; stopAt(step, seed, work, steps); step++) {
                stops++;
            }
        }
        return steps;
    }

    /** Whether there is such a step. */
    private boolean stopAt(int step, int seed, LogWork work, Set<String> steps) throws IOException {
        Path place = directory.resolve(work + "-" + seed + "-" + step);
        Disk disk = new Disk(place.resolve("live"), place.resolve("left"));
        LogPromises promises = new LogPromises();
        LogPromises.Use log = promises.open(disk);
        work.prepare(log);
        log.awaitPreparedFile();
        @Nullable SplittableRandom loss = seed == 0 ? null : new SplittableRandom(1_000L * seed + step);
        disk.stopAt(step, loss);
        try {
            work.run(log);
        } catch (IOException e) {
            assertTrue(disk.isStopped(), e.toString());
        }
        log.abandon();
        if (!disk.isStopped()) {
            return false;
        }
        String stopped = disk.steps().get(step - 1);
        steps.add(stopped);
        String when = work + (loss == null ? " killed" : " without power, seed " + seed) + " before step " + step + ", "
                + stopped;
        promises.check(place.resolve("left"), when);
        return true;
    }

    @Test
    void identity(TestReporter reporter) throws IOException {
        Set<String> steps = stopAtEachStep(LogWork.IDENTITY, POWER_LOSSES);
        assertIncludes(steps, "write identity.tmp", "sync identity.tmp", "rename identity.tmp to identity");
        told(reporter);
    }

    @Test
    void hardState(TestReporter reporter) throws IOException {
        Set<String> steps = stopAtEachStep(LogWork.HARD_STATE, OF_FEW_STEPS);
        assertIncludes(steps, "write hard-state", "sync hard-state");
        told(reporter);
    }

    @Test
    void commitBound(TestReporter reporter) throws IOException {
        Set<String> steps = stopAtEachStep(LogWork.COMMIT_BOUND, OF_FEW_STEPS);
        assertIncludes(steps, "write commit-bound", "sync wal.seg");
        told(reporter);
    }

    @Test
    void rollingToTheNextSegment(TestReporter reporter) throws IOException {
        Set<String> steps = stopAtEachStep(LogWork.ROLL, POWER_LOSSES);
        assertIncludes(
                steps,
                "rename prepared.tmp to wal.seg",
                "sync the directory",
                "sync wal.seg",
                "write newest",
                "sync newest");
        told(reporter);
    }

    @Test
    void truncation(TestReporter reporter) throws IOException {
        Set<String> steps = stopAtEachStep(LogWork.TRUNCATION, POWER_LOSSES);
        assertIncludes(
                steps,
                "create rollback",
                "sync .rb.tmp",
                "rename .rb.tmp to .rb",
                "sync rollback",
                "rename prepared.tmp to wal.seg",
                "sync wal.seg",
                "sync newest");
        told(reporter);
    }

    @Test
    void snapshotAndCompaction(TestReporter reporter) throws IOException {
        Set<String> steps = stopAtEachStep(LogWork.COMPACTION, POWER_LOSSES);
        assertIncludes(
                steps,
                "create snapshot.snap.tmp",
                "write snapshot.snap.tmp",
                "sync snapshot.snap.tmp",
                "rename snapshot.snap.tmp to snapshot.snap",
                "delete snapshot.snap",
                "delete wal.seg");
        told(reporter);
    }

    @Test
    void install(TestReporter reporter) throws IOException {
        Set<String> steps = stopAtEachStep(LogWork.INSTALL, POWER_LOSSES);
        assertIncludes(
                steps,
                "rename snapshot.snap.tmp to snapshot.snap",
                "rename prepared.tmp to wal.seg",
                "sync wal.seg",
                "delete wal.seg");
        told(reporter);
    }

    @Test
    void orderedEnd(TestReporter reporter) throws IOException {
        Set<String> steps = stopAtEachStep(LogWork.END, OF_FEW_STEPS);
        assertIncludes(steps, "sync wal.seg", "delete prepared.tmp");
        told(reporter);
    }

    private static void assertIncludes(Set<String> steps, String... wanted) {
        assertTrue(steps.containsAll(Set.of(wanted)), "steps " + steps);
    }

    private void told(TestReporter reporter) {
        reporter.publishEntry("stopped", stops + " times, nothing lost");
    }
}
