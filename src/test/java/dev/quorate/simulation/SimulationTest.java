package dev.quorate.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.CoreEvent;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Core and store under lost, late, doubled and reordered messages, crashes at any step and unsynced tails that are torn.
 * One seed is one schedule: {@code ./mvnw test -Dtest=SimulationTest -Dsimulation.seed=N} replays it.
 */
class SimulationTest {
    private static final int SCHEDULES = Integer.getInteger("simulation.schedules", 2_000);
    private static final int STEPS = 250;

    @Test
    void nothingAcknowledgedIsLostAndEveryStoreIsWhatItsLogSays() {
        Long single = Long.getLong("simulation.seed");
        long first = single == null ? 1 : single;
        long last = single == null ? SCHEDULES : single;
        Set<Class<?>> events = new HashSet<>();
        long acknowledged = 0;
        for (long seed = first; seed <= last; seed++) {
            acknowledged += run(seed, events);
        }
        if (single == null) {
            Set<Class<?>> withoutElections = Set.of(
                    CoreEvent.RoleChanged.class,
                    CoreEvent.Truncated.class,
                    CoreEvent.FollowerAdvanced.class,
                    CoreEvent.FollowerConflict.class,
                    CoreEvent.MessageIgnored.class);
            assertEquals(withoutElections, events, "every event of a set without elections occurs");
            assertTrue(acknowledged > SCHEDULES, "writes were acknowledged: " + acknowledged);
        }
    }

    private static int run(long seed, Set<Class<?>> events) {
        SimCluster cluster = new SimCluster(seed, 1 + (int) (seed % 5));
        try {
            for (int step = 0; step < STEPS; step++) {
                cluster.step();
            }
            cluster.healAndConverge();
        } catch (AssertionError | RuntimeException e) {
            List<String> trace = cluster.trace();
            List<String> end = trace.subList(Math.max(0, trace.size() - 60), trace.size());
            throw new AssertionError(
                    e.getMessage() + "\nreplay: ./mvnw test -Dtest=SimulationTest -Dsimulation.seed=" + seed + "\n"
                            + String.join("\n", end),
                    e);
        }
        events.addAll(cluster.eventsSeen());
        return cluster.acknowledgedCount();
    }
}
