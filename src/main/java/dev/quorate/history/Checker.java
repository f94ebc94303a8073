package dev.quorate.history;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Judges histories. A key is a register that is absent at first; keys are judged apart, as linearizability is local
 * (Herlihy and Wing 1990). What failed did nothing; a write whose outcome is unknown may take effect at any time after
 * its call, or never.
 */
public final class Checker {
    private Checker() {}

    /** Whether a history is linearizable. */
    public static Verdict check(List<Operation> history) {
        return check(history, Guarantee.LINEARIZABLE);
    }

    /**
     * Whether it keeps a guarantee; of several violations the first key's or client's is told. Undecided where nothing in it
     * could have shown a violation.
     */
    public static Verdict check(List<Operation> history, Guarantee guarantee) {
        return switch (guarantee) {
            case LINEARIZABLE -> linearizable(history);
            case READ_YOUR_WRITES, MONOTONIC_READS -> Sessions.check(history, guarantee);
            case EXACTLY_ONCE -> ExactlyOnce.check(history);
            case UNTORN_BATCHES -> Batches.check(history);
            case EXPIRY -> Expiries.check(history);
            case WATCH_IS_LOG -> Watches.check(history);
        };
    }

    private static Verdict linearizable(List<Operation> history) {
        Verdict verdict = Verdict.holds(Guarantee.LINEARIZABLE);
        for (List<Operation> ofKey : byKey(history).values()) {
            Verdict ofOne = Registers.check(ofKey);
            if (ofOne.result() == Verdict.Result.VIOLATED) {
                return ofOne;
            }
            verdict = ofOne.holds() ? verdict : ofOne;
        }
        return verdict;
    }

    private static Map<String, List<Operation>> byKey(List<Operation> history) {
        Map<String, List<Operation>> byKey = new LinkedHashMap<>();
        for (Operation operation : history) {
            if (operation.isRead() || operation.isWrite()) {
                byKey.computeIfAbsent(operation.key(), key -> new ArrayList<>()).add(operation);
            }
        }
        return byKey;
    }
}
