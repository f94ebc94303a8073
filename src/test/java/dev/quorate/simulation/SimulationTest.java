package dev.quorate.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.CoreEvent;
import dev.quorate.protocol.Reason;
import dev.quorate.protocol.Role;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Core and store under lost, late, doubled and reordered messages, cuts, crashes at any step, torn tails, slow disks,
 * wiped directories, one that is recovered, handing over and clients of every kind. One seed is one schedule:
 * {@code ./mvnw test -Dtest=SimulationTest -Dsimulation.seed=N} replays it and shows what happened.
 */
@Execution(ExecutionMode.CONCURRENT)
class SimulationTest {
    private static final int SCHEDULES = Integer.getInteger("simulation.schedules", 20_000);
    private static final int SHARE = 50;

    /** Schedules that found what the 20,000 of a build seldom find: a leader not yet synced that admitted the last other. */
    private static final List<Long> FOUND = List.of(62453418242728L);

    @Test
    void nothingThatWasPromisedIsBroken(TestReporter reporter) throws Exception {
        Long single = Long.getLong("simulation.seed");
        if (single != null) {
            String violation = SimRun.violation(single, Flaw.NONE, new Coverage(), new SimTrace(false));
            assertTrue(violation == null, () -> told(single));
            return;
        }
        long first = Seeds.first();
        reporter.publishEntry("simulation", SCHEDULES + " schedules from seed " + first);
        Coverage coverage = runAll(first, SCHEDULES);
        everythingOccurred(coverage);
        assertTrue(coverage.acknowledged() > SCHEDULES, "writes were acknowledged: " + coverage.acknowledged());
        assertTrue(coverage.reads() > SCHEDULES, "reads were answered: " + coverage.reads());
        assertTrue(coverage.proofs() > SCHEDULES, "followers were shown to be fresh: " + coverage.proofs());
    }

    @Test
    void noScheduleThatOnceFoundABreachFindsItAgain() throws Exception {
        for (long seed : FOUND) {
            String violation = SimRun.violation(seed, Flaw.NONE, new Coverage(), new SimTrace(false));
            assertTrue(violation == null, () -> told(seed));
        }
    }

    static Coverage runAll(long first, int schedules) throws Exception {
        int threads = Runtime.getRuntime().availableProcessors();
        AtomicLong next = new AtomicLong(first);
        AtomicLong failed = new AtomicLong(Long.MAX_VALUE);
        Callable<Coverage> share = () -> {
            Coverage coverage = new Coverage();
            for (long from = next.getAndAdd(SHARE); from < first + schedules; from = next.getAndAdd(SHARE)) {
                for (long seed = from;
                        seed < Math.min(from + SHARE, Math.min(first + schedules, failed.get()));
                        seed++) {
                    if (SimRun.violation(seed, Flaw.NONE, coverage, new SimTrace(false)) != null) {
                        failed.accumulateAndGet(seed, Math::min);
                    }
                }
            }
            return coverage;
        };
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        Coverage all = new Coverage();
        try {
            List<Callable<Coverage>> shares =
                    IntStream.range(0, threads).mapToObj(i -> share).toList();
            for (Future<Coverage> done : pool.invokeAll(shares)) {
                all.add(done.get());
            }
        } finally {
            pool.shutdown();
        }
        assertTrue(failed.get() == Long.MAX_VALUE, () -> told(failed.get()));
        return all;
    }

    private static String told(long seed) {
        return SimRun.replay(seed, Flaw.NONE) + "\nreplay: ./mvnw test -Dtest=SimulationTest -Dsimulation.seed=" + seed
                + "   (-Dsimulation.trace=true shows all of it)";
    }

    /** A check that nothing leads up to checks nothing. */
    private static void everythingOccurred(Coverage coverage) {
        Set<Class<?>> events = new HashSet<>(Arrays.asList(CoreEvent.class.getPermittedSubclasses()));
        assertEquals(events, coverage.events(), "every event of the core occurs");
        assertEquals(EnumSet.allOf(Role.class), coverage.roles(), "every role occurs");
        // STARTED is for shells: no core has it.
        Set<Reason> possible = EnumSet.complementOf(EnumSet.of(Reason.STARTED));
        assertEquals(possible, coverage.reasons(), "every reason occurs");
    }
}
