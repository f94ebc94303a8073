package dev.quorate.history;

import java.util.List;

/**
 * What a checker found.
 *
 * @param guarantee what the history was held to
 * @param result whether it holds
 * @param reason why not, in one sentence; empty where it holds
 * @param part where it is violated, a smallest part of the history that already violates it, in order of calls; the last
 *     to end shows the violation
 */
public record Verdict(Guarantee guarantee, Result result, String reason, List<Operation> part) {
    /** Whether a guarantee holds. */
    public enum Result {
        /** It does. */
        HOLDS,
        /** It does not. */
        VIOLATED,
        /** Too much overlaps to tell. */
        UNDECIDED
    }

    static Verdict holds(Guarantee guarantee) {
        return new Verdict(guarantee, Result.HOLDS, "", List.of());
    }

    static Verdict violated(Guarantee guarantee, String reason, List<Operation> part) {
        return new Verdict(guarantee, Result.VIOLATED, reason, List.copyOf(part));
    }

    static Verdict undecided(Guarantee guarantee, String reason) {
        return new Verdict(guarantee, Result.UNDECIDED, reason, List.of());
    }

    /** Whether it holds. */
    public boolean holds() {
        return result == Result.HOLDS;
    }

    /** The verdict for a person, with the operations that show it. */
    @Override
    public String toString() {
        return switch (result) {
            case HOLDS -> guarantee.label() + ": holds";
            case UNDECIDED -> guarantee.label() + ": undecided, " + reason;
            case VIOLATED -> {
                long originNs =
                        part.stream().mapToLong(Operation::startNs).min().orElse(0);
                StringBuilder text = new StringBuilder(guarantee.label() + ": VIOLATED, " + reason);
                part.forEach(operation -> text.append("\n  ").append(operation.line(originNs)));
                yield text.toString();
            }
        };
    }
}
