package dev.quorate.history;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The definition, word for word: tries every order of every choice of the operations whose outcome is not known. */
final class BruteForce {
    private BruteForce() {}

    static boolean isLinearizable(List<Operation> history) {
        List<Operation> left = new ArrayList<>(history);
        left.removeIf(op -> op.outcome() == Outcome.FAILED || (op.kind() == Kind.READ && op.outcome() != Outcome.OK));
        return canGoOn(left, null);
    }

    private static boolean canGoOn(List<Operation> left, @Nullable String value) {
        if (left.stream().allMatch(op -> op.outcome() == Outcome.UNKNOWN)) {
            return true;
        }
        for (Operation next : left) {
            // Whoever had its answer before this one was called has taken effect before it.
            boolean first = left.stream().allMatch(op -> endNs(op) >= next.startNs() || op.equals(next));
            boolean explained = switch (next.kind()) {
                case READ -> Objects.equals(next.value(), value);
                case CAS -> Objects.equals(next.expected(), value);
                default -> true;
            };
            if (first && explained) {
                List<Operation> rest = new ArrayList<>(left);
                rest.remove(next);
                if (canGoOn(rest, next.kind() == Kind.READ ? value : next.value())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static long endNs(Operation operation) {
        return operation.outcome() == Outcome.UNKNOWN ? Long.MAX_VALUE : operation.endNs();
    }
}
