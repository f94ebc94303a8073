package dev.quorate.history;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A smallest part of a register's history that no order explains: nothing more can be left out. A write is left out only
 * together with the reads that saw it, so that what is left shows what is wrong with the whole: an explanation of the
 * whole, less a value, explains the rest. A write that expected a value that is left out then counts as one without a
 * condition.
 */
final class Smallest {
    /** What was written, null for what was deleted. */
    private final Set<@Nullable String> written;

    private Smallest(List<Operation> whole) {
        this.written = values(whole);
    }

    /** @param atNs when the search could not go on: what was called later has no part in it */
    static List<Operation> part(List<Operation> ofKey, long atNs) {
        List<Operation> before =
                ofKey.stream().filter(op -> op.startNs() <= atNs).toList();
        return new Smallest(before).of(before);
    }

    private List<Operation> of(List<Operation> before) {
        Map<@Nullable String, List<Operation>> byValue = new LinkedHashMap<>();
        for (Operation operation : before) {
            if (operation.outcome() == Outcome.OK || (!operation.isRead() && operation.outcome() == Outcome.UNKNOWN)) {
                byValue.computeIfAbsent(operation.value(), value -> new ArrayList<>())
                        .add(operation);
            }
        }
        List<Operation> values = flat(reduce(new ArrayList<>(byValue.values()), List.of()));
        List<Operation> writes = values.stream().filter(op -> !op.isRead()).toList();
        List<List<Operation>> reads = new ArrayList<>();
        values.stream().filter(Operation::isRead).forEach(read -> reads.add(List.of(read)));
        List<Operation> part = new ArrayList<>(writes);
        part.addAll(flat(reduce(reads, writes)));
        part = relaxed(part);
        explainWith(before, part);
        part.sort(Comparator.comparingLong(Operation::startNs));
        return part;
    }

    /** A value that only a failed write could have brought: that write is part of the story. */
    private static void explainWith(List<Operation> before, List<Operation> part) {
        Set<@Nullable String> seen =
                part.stream().filter(Operation::isRead).map(Operation::value).collect(Collectors.toSet());
        before.stream()
                .filter(op -> op.outcome() == Outcome.FAILED && op.value() != null && seen.contains(op.value()))
                .forEach(part::add);
    }

    /** Leaves out runs of groups, half of them at first, one at last, as long as what is left has no explanation. */
    private List<List<Operation>> reduce(List<List<Operation>> groups, List<Operation> kept) {
        List<List<Operation>> least = groups;
        for (int run = Math.max(1, groups.size() / 2); run >= 1; run = run == 1 ? 0 : run / 2) {
            int at = 0;
            while (at < least.size()) {
                List<List<Operation>> fewer = new ArrayList<>(least.subList(0, at));
                fewer.addAll(least.subList(Math.min(least.size(), at + run), least.size()));
                if (isImpossible(fewer, kept)) {
                    least = fewer;
                } else {
                    at += run;
                }
            }
        }
        return least;
    }

    private boolean isImpossible(List<List<Operation>> groups, List<Operation> kept) {
        List<Operation> operations = flat(groups);
        operations.addAll(kept);
        return new RegisterSearch(relaxed(operations)).search().impossible() != null;
    }

    /** What expected a value that was written, but is left out, without its condition. */
    private List<Operation> relaxed(List<Operation> some) {
        Set<@Nullable String> left = values(some);
        List<Operation> relaxed = new ArrayList<>();
        for (Operation operation : some) {
            boolean keeps = operation.kind() != Kind.CAS
                    || left.contains(operation.expected())
                    || !written.contains(operation.expected());
            Kind plain = operation.value() == null ? Kind.DELETE : Kind.WRITE;
            relaxed.add(keeps ? operation : operation.as(plain, operation.value(), operation.outcome()));
        }
        return relaxed;
    }

    private static Set<@Nullable String> values(List<Operation> operations) {
        return operations.stream()
                .filter(op -> op.isWrite() && op.outcome() != Outcome.FAILED)
                .map(Operation::value)
                .collect(Collectors.toSet());
    }

    private static List<Operation> flat(List<List<Operation>> groups) {
        List<Operation> all = new ArrayList<>();
        groups.forEach(all::addAll);
        return all;
    }
}
