package dev.quorate.simulation;

import dev.quorate.protocol.InvariantViolation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One seed is one schedule; what it breaks is told in words, so that another class loader understands it. */
public final class SimRun {
    private static final int LINES_SHOWN = 120;

    private SimRun() {}

    /** What a seed broke: null if nothing. */
    static @Nullable String violation(long seed, Flaw flaw, Coverage coverage, SimTrace trace) {
        try {
            SimCluster.run(seed, flaw, coverage, trace);
            return null;
        } catch (SafetyViolation | LivenessViolation | InvariantViolation e) {
            return e.getClass().getSimpleName() + ": " + e.getMessage();
        } catch (RuntimeException e) {
            // A core that throws anything else is broken as well.
            return e + " at " + List.of(e.getStackTrace()).subList(0, Math.min(3, e.getStackTrace().length));
        }
    }

    /** The same seed again, with its last lines. */
    static String replay(long seed, Flaw flaw) {
        SimTrace trace = new SimTrace(true);
        String violation = violation(seed, flaw, new Coverage(), trace);
        List<String> lines = trace.lines();
        int hidden = Boolean.getBoolean("simulation.trace") ? 0 : Math.max(0, lines.size() - LINES_SHOWN);
        return lines.get(0) + "\n" + String.join("\n", lines.subList(hidden, lines.size())) + "\n" + violation;
    }

    /**
     * The first seed of several that breaks something, called by name from another class loader.
     *
     * @return "seed violation", or the empty string
     */
    public static String search(String flaw, long firstSeed, int seeds) {
        for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
            String violation = violation(seed, Flaw.valueOf(flaw), new Coverage(), new SimTrace(false));
            if (violation != null) {
                return seed + " " + violation;
            }
        }
        return "";
    }
}
