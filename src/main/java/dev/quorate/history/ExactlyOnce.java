package dev.quorate.history;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether writes that were sent again were done once. A value that no other write has and that is shown under two versions
 * was written twice. Where a key has a CAS it is a counter: each value begins with a number, by one larger than that of the
 * expected value, so that the last look tells how many took effect.
 */
final class ExactlyOnce {
    private ExactlyOnce() {}

    static Verdict check(List<Operation> history) {
        boolean repeated = false;
        Map<String, List<Operation>> counters = new LinkedHashMap<>();
        Map<List<String>, Operation> firstByValue = new HashMap<>();
        for (Operation operation : history) {
            repeated |= operation.kind() == Kind.REPEAT;
            if (operation.kind() == Kind.CAS) {
                counters.computeIfAbsent(operation.key(), key -> new ArrayList<>())
                        .add(operation);
            }
            Position version = operation.version();
            String value = operation.value();
            if (!operation.isOk() || version == null || value == null) {
                continue;
            }
            Operation first = firstByValue.putIfAbsent(List.of(operation.key(), value), operation);
            if (first != null && !version.equals(first.version())) {
                String reason = "the write of " + value + " was done as " + first.version() + " and as " + version;
                return Verdict.violated(Guarantee.EXACTLY_ONCE, reason, List.of(first, operation));
            }
        }
        for (List<Operation> increments : counters.values()) {
            @Nullable Verdict miscounted = count(increments, history);
            if (miscounted != null) {
                return miscounted;
            }
        }
        return repeated || !counters.isEmpty()
                ? Verdict.holds(Guarantee.EXACTLY_ONCE)
                : Verdict.undecided(Guarantee.EXACTLY_ONCE, "nothing was written again, and nothing counted");
    }

    /** The first look after all increments; none, no judgement. */
    private static @Nullable Verdict count(List<Operation> increments, List<Operation> history) {
        String key = increments.get(0).key();
        long lastEndNs = increments.stream().mapToLong(Operation::endNs).max().orElse(0);
        long done = increments.stream().filter(Operation::isOk).count();
        long unknown = increments.stream()
                .filter(operation -> operation.outcome() == Outcome.UNKNOWN)
                .count();
        for (Operation read : history) {
            if (read.isRead() && read.isOk() && read.key().equals(key) && read.startNs() >= lastEndNs) {
                long counted = number(read.value());
                if (counted < done || counted > done + unknown) {
                    String reason = "the counter " + key + " is at " + counted + " after " + done
                            + " acknowledged increments and " + unknown + " of unknown outcome";
                    return Verdict.violated(Guarantee.EXACTLY_ONCE, reason, List.of(read));
                }
                return null;
            }
        }
        return null;
    }

    private static long number(@Nullable String value) {
        String digits = value == null ? "" : value.replaceFirst("\\D.*", "");
        return digits.isEmpty() ? 0 : Long.parseLong(digits);
    }
}
