package dev.quorate.history;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

    /** Whether it keeps a guarantee; of several violations the first key's is told. */
    public static Verdict check(List<Operation> history, Guarantee guarantee) {
        return guarantee == Guarantee.LINEARIZABLE ? linearizable(history) : Sessions.check(history, guarantee);
    }

    private static Verdict linearizable(List<Operation> history) {
        Verdict verdict = Verdict.holds(Guarantee.LINEARIZABLE);
        for (List<Operation> ofKey : byKey(history).values()) {
            RegisterSearch.Finding finding = new RegisterSearch(ofKey).search();
            @Nullable Operation impossible = finding.impossible();
            if (impossible != null) {
                List<Operation> part = Smallest.part(ofKey, impossible);
                return Verdict.violated(Guarantee.LINEARIZABLE, reason(part), part);
            }
            if (finding.undecided()) {
                verdict = Verdict.undecided(
                        Guarantee.LINEARIZABLE,
                        "too many operations of key " + ofKey.get(0).key() + " overlap");
            }
        }
        return verdict;
    }

    private static String reason(List<Operation> part) {
        Operation last = part.get(0);
        for (Operation operation : part) {
            last = operation.endNs() > last.endNs() ? operation : last;
        }
        return "no order of these " + part.size() + " operations of key " + last.key() + " explains what client "
                + last.client() + (last.isRead() ? " read: " + last.shown() : " was acknowledged");
    }

    private static Map<String, List<Operation>> byKey(List<Operation> history) {
        Map<String, List<Operation>> byKey = new LinkedHashMap<>();
        for (Operation operation : history) {
            byKey.computeIfAbsent(operation.key(), key -> new ArrayList<>()).add(operation);
        }
        return byKey;
    }
}
