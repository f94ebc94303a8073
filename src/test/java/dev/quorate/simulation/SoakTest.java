package dev.quorate.simulation;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/**
 * As {@link SimulationTest}, for as long as one likes, on all cores and from other seeds each time:
 * {@code ./mvnw -Psoak test -Dsoak.minutes=60}.
 */
@Tag("soak")
class SoakTest {
    private static final int AT_A_TIME = 10_000;

    @Test
    void nothingThatWasPromisedIsBroken(TestReporter reporter) throws Exception {
        long started = System.nanoTime();
        long ends = Duration.ofMinutes(Integer.getInteger("soak.minutes", 10)).toNanos();
        long first = started & Integer.MAX_VALUE;
        do {
            reporter.publishEntry("soak", AT_A_TIME + " schedules from seed " + first);
            SimulationTest.runAll(first, AT_A_TIME);
            first += AT_A_TIME;
        } while (System.nanoTime() - started < ends);
    }
}
