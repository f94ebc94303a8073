package dev.quorate.history;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks for an order of one register's operations that explains every answer: Wing and Gong's search with Lowe's
 * memoisation, linearizing just in time (Lowe, "Testing for linearizability", 2017). It walks through calls and returns
 * in order of time and keeps the set of configurations that are still possible: the value, and which of the pending
 * operations have taken effect. Only a return forces operations to take effect. When no configuration is left, the
 * operation that returned cannot be explained.
 */
final class RegisterSearch {
    private static final int MOST_PENDING = Long.SIZE;
    private static final int MOST_CONFIGURATIONS = 1 << 20;
    private static final int ABSENT = 0;
    /** Expected by a write without a condition. */
    private static final int ANY = -1;

    private final List<Event> events = new ArrayList<>();
    private final Map<String, Integer> valueIds = new HashMap<>();

    // The pending operations: each has a bit, from its call to its return.
    private final Operation[] pending = new Operation[MOST_PENDING];
    private final int[] pendingValue = new int[MOST_PENDING];
    private final int[] pendingExpected = new int[MOST_PENDING];
    private long pendingReads;
    private long pendingWrites;
    private Set<Configuration> possible = Set.of(new Configuration(0, ABSENT));

    /** A value that the register can have, with the pending operations that have taken effect. */
    private record Configuration(long effective, int value) {}

    private record Event(long timeNs, boolean call, Operation operation) {}

    /**
     * What came out.
     *
     * @param impossible the operation whose effect no order explains, or null
     * @param atNs when it must have had it
     * @param undecided whether the search was given up
     */
    record Finding(@Nullable Operation impossible, long atNs, boolean undecided) {}

    /** @param operations all of one key, in any order: reads, writes, deletes, and writes with a condition that held */
    RegisterSearch(List<Operation> operations) {
        Set<@Nullable String> seen = new HashSet<>();
        Map<@Nullable String, Integer> writers = new HashMap<>();
        Map<@Nullable String, Long> firstSeenNs = new HashMap<>();
        for (Operation operation : operations) {
            if (!operation.isRead()) {
                writers.merge(operation.value(), operation.outcome() == Outcome.FAILED ? 0 : 1, Integer::sum);
            }
            if (operation.isOk() && (operation.isRead() || operation.kind() == Kind.CAS)) {
                String met = operation.isRead() ? operation.value() : operation.expected();
                seen.add(met);
                firstSeenNs.merge(met, operation.endNs(), Math::min);
            } else if (operation.kind() == Kind.CAS) {
                seen.add(operation.expected()); // perhaps
            }
        }
        for (Operation operation : operations) {
            if (operation.outcome() == Outcome.OK) {
                add(operation, operation.endNs());
            } else if (operation.outcome() == Outcome.UNKNOWN
                    && !operation.isRead()
                    && seen.contains(operation.value())) {
                // What nobody saw may as well not have been done. What is seen, and has no other writer, was done
                // before the first that saw it ended; else it stays pending for ever.
                boolean soleWriter = operation.value() != null && writers.getOrDefault(operation.value(), 0) == 1;
                long doneByNs = firstSeenNs.getOrDefault(operation.value(), Long.MAX_VALUE);
                add(operation, soleWriter ? Math.max(operation.startNs(), doneByNs) : Long.MAX_VALUE);
            }
        }
        // At one instant calls come first: what may have overlapped did.
        events.sort(Comparator.comparingLong(Event::timeNs).thenComparing(event -> !event.call()));
    }

    private void add(Operation operation, long returnNs) {
        events.add(new Event(operation.startNs(), true, operation));
        if (returnNs != Long.MAX_VALUE) {
            events.add(new Event(returnNs, false, operation));
        }
    }

    Finding search() {
        IdentityHashMap<Operation, Integer> slots = new IdentityHashMap<>();
        for (Event event : events) {
            if (event.call()) {
                int slot = Long.numberOfTrailingZeros(~(pendingReads | pendingWrites));
                if (slot == MOST_PENDING) {
                    return new Finding(null, 0, true);
                }
                slots.put(event.operation(), slot);
                call(slot, event.operation());
            } else {
                int slot = Objects.requireNonNull(slots.remove(event.operation()));
                Set<Configuration> next = returned(slot);
                if (next.isEmpty()) {
                    return new Finding(event.operation(), event.timeNs(), false);
                }
                if (next.size() > MOST_CONFIGURATIONS) {
                    return new Finding(null, 0, true);
                }
                possible = next;
                pendingReads &= ~(1L << slot);
                pendingWrites &= ~(1L << slot);
            }
        }
        return new Finding(null, 0, false);
    }

    private void call(int slot, Operation operation) {
        pending[slot] = operation;
        pendingValue[slot] = valueId(operation.value());
        pendingExpected[slot] = operation.kind() == Kind.CAS ? valueId(operation.expected()) : ANY;
        if (operation.isRead()) {
            pendingReads |= 1L << slot;
            if (possible.stream().anyMatch(each -> each.value() == pendingValue[slot])) {
                Set<Configuration> next = new HashSet<>();
                possible.forEach(each -> next.add(withReads(each.effective(), each.value())));
                possible = next;
            }
        } else {
            pendingWrites |= 1L << slot;
        }
    }

    private int valueId(@Nullable String value) {
        return value == null ? ABSENT : valueIds.computeIfAbsent(value, any -> valueIds.size() + 1);
    }

    /** A pending read of the value takes effect at once: it changes nothing, and no later time suits it better. */
    private Configuration withReads(long effective, int value) {
        long with = effective;
        for (long left = pendingReads & ~effective; left != 0; left &= left - 1) {
            int slot = Long.numberOfTrailingZeros(left);
            if (pendingValue[slot] == value) {
                with |= 1L << slot;
            }
        }
        return new Configuration(with, value);
    }

    /** What is possible once an operation has returned: all ways in which it took effect, others before it at need. */
    private Set<Configuration> returned(int slot) {
        long bit = 1L << slot;
        Set<Configuration> next = new HashSet<>();
        Set<Configuration> seen = new HashSet<>();
        ArrayDeque<Configuration> open = new ArrayDeque<>();
        for (Configuration each : possible) {
            if ((each.effective() & bit) != 0) {
                next.add(new Configuration(each.effective() & ~bit, each.value()));
            } else {
                open.add(each);
            }
        }
        Configuration at;
        while ((at = open.poll()) != null && next.size() + seen.size() <= MOST_CONFIGURATIONS) {
            for (long left = pendingWrites & ~at.effective(); left != 0; left &= left - 1) {
                int writer = Long.numberOfTrailingZeros(left);
                if (pendingExpected[writer] != ANY && pendingExpected[writer] != at.value()) {
                    continue;
                }
                Configuration after = withReads(at.effective() | 1L << writer, pendingValue[writer]);
                if ((after.effective() & bit) != 0) {
                    next.add(new Configuration(after.effective() & ~bit, after.value()));
                } else if (seen.add(after)) {
                    open.add(after);
                }
            }
        }
        return next;
    }
}
