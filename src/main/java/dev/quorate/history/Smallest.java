package dev.quorate.history;

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
 * whole, less a value, explains the rest.
 */
final class Smallest {
    private Smallest() {}

    /** @param impossible what the search could not explain: what was called later has no part in it */
    static List<Operation> part(List<Operation> ofKey, Operation impossible) {
        List<Operation> before =
                ofKey.stream().filter(op -> op.startNs() <= impossible.endNs()).toList();
        Map<@Nullable String, List<Operation>> byValue = new LinkedHashMap<>();
        for (Operation operation : before) {
            if (operation.outcome() == Outcome.OK || (!operation.isRead() && operation.outcome() == Outcome.UNKNOWN)) {
                byValue.computeIfAbsent(operation.value(), value -> new ArrayList<>())
                        .add(operation);
            }
        }
        List<Operation> values = flat(reduce(new ArrayList<>(byValue.values())));
        List<Operation> writes = values.stream().filter(op -> !op.isRead()).toList();
        List<List<Operation>> reads = new ArrayList<>();
        values.stream().filter(Operation::isRead).forEach(read -> reads.add(List.of(read)));
        List<Operation> part = new ArrayList<>(writes);
        part.addAll(flat(reduce(reads, writes)));
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

    private static List<List<Operation>> reduce(List<List<Operation>> groups) {
        return reduce(groups, List.of());
    }

    /** Leaves out runs of groups, half of them at first, one at last, as long as what is left has no explanation. */
    private static List<List<Operation>> reduce(List<List<Operation>> groups, List<Operation> kept) {
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

    private static boolean isImpossible(List<List<Operation>> groups, List<Operation> kept) {
        List<Operation> operations = flat(groups);
        operations.addAll(kept);
        return new RegisterSearch(operations).search().impossible() != null;
    }

    private static List<Operation> flat(List<List<Operation>> groups) {
        List<Operation> all = new ArrayList<>();
        groups.forEach(all::addAll);
        return all;
    }
}
