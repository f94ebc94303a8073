package dev.quorate.history;

import dev.quorate.history.Operation.Outcome;
import java.util.List;
import java.util.Set;

/**
 * Whether batches were seen whole. A batch that writes one value to each key of a group is a write of the group, and a page
 * that shows the group a read of it: of the value that all have, or, torn, of what each has with {@link #TORN} between.
 */
final class Batches {
    /** Between the values of a group whose keys have not the same. */
    static final String TORN = "|";

    private Batches() {}

    static Verdict check(List<Operation> history) {
        boolean looked = false;
        for (Operation read : history) {
            String value = read.value();
            if (!read.isRead() || !read.isOk() || value == null) {
                continue;
            }
            looked = true;
            if (value.contains(TORN)) {
                Set<String> values = Set.of(value.split("\\" + TORN, -1));
                List<Operation> part = history.stream()
                        .filter(operation -> operation.equals(read)
                                || (operation.isWrite()
                                        && operation.outcome() != Outcome.FAILED
                                        && operation.key().equals(read.key())
                                        && values.contains(operation.shown())))
                        .toList();
                String reason = "client " + read.client() + " saw parts of batches at one instant: " + value;
                return Verdict.violated(Guarantee.UNTORN_BATCHES, reason, part);
            }
        }
        return looked
                ? Verdict.holds(Guarantee.UNTORN_BATCHES)
                : Verdict.undecided(Guarantee.UNTORN_BATCHES, "nobody saw a batch");
    }
}
