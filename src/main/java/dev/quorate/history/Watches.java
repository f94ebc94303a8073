package dev.quorate.history;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether watches tell the log. Each is walked through connection by connection: versions only grow, and no key comes twice
 * in one. All connections of a watch together have to tell each acknowledged write behind the position from which it began,
 * nothing that nobody wrote, and up to the last acknowledged write what the other watches tell.
 */
final class Watches {
    /** Of an acknowledged write or a change: its place, then its key, as a batch is one entry of several keys. */
    private record Place(Position version, String key) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int byVersion = version.compareTo(other.version);
            return byVersion != 0 ? byVersion : key.compareTo(other.key);
        }
    }

    /** What the connections of one watch told, and from where the first began. */
    private record Told(Position from, NavigableMap<Place, Operation> changes) {}

    private final List<Operation> history;
    private final NavigableMap<Place, Operation> acknowledged = new TreeMap<>();
    private final Set<List<String>> written = new HashSet<>();
    private Position last = Position.NONE;

    private Watches(List<Operation> history) {
        this.history = history;
        for (Operation write : history) {
            if (!write.isWrite() || write.outcome() == Outcome.FAILED || write.outcome() == Outcome.REFUSED) {
                continue;
            }
            written.add(List.of(write.key(), write.shown()));
            Position version = write.version();
            if (version != null && write.value() != null) {
                acknowledged.put(new Place(version, write.key()), write);
                last = version.isAfter(last) ? version : last;
            }
        }
    }

    static Verdict check(List<Operation> history) {
        return new Watches(history).check();
    }

    private Verdict check() {
        Map<Integer, List<Operation>> byWatch = new TreeMap<>();
        for (Operation operation : history) {
            if (operation.kind() == Kind.RESUME || operation.kind() == Kind.CHANGE) {
                byWatch.computeIfAbsent(operation.client(), watch -> new ArrayList<>())
                        .add(operation);
            }
        }
        List<Told> all = new ArrayList<>();
        for (List<Operation> watch : byWatch.values()) {
            watch.sort(Comparator.comparingLong(Operation::startNs));
            Told told = new Told(from(watch), new TreeMap<>());
            @Nullable Verdict violated = walk(watch, told);
            if (violated == null) {
                violated = missed(watch.get(0), told);
            }
            if (violated != null) {
                return violated;
            }
            all.add(told);
        }
        if (all.stream().allMatch(told -> told.changes().isEmpty())) {
            return Verdict.undecided(Guarantee.WATCH_IS_LOG, "no watch told of a change");
        }
        return compare(all);
    }

    private static Position from(List<Operation> watch) {
        Position from = watch.get(0).position();
        return from == null ? Position.NONE : from;
    }

    private @Nullable Verdict walk(List<Operation> watch, Told told) {
        Position at = Position.NONE;
        Map<String, Operation> ofEntry = new HashMap<>();
        for (Operation operation : watch) {
            Position version = operation.kind() == Kind.RESUME ? operation.position() : operation.version();
            if (version == null) {
                continue;
            }
            if (operation.kind() == Kind.RESUME) {
                if (operation.outcome() != Outcome.OK) {
                    return violated("a watch was refused the position that it was told", List.of(operation));
                }
                at = version;
                ofEntry.clear();
                continue;
            }
            if (at.isAfter(version) || (at.equals(version) && ofEntry.isEmpty())) {
                return violated("a watch was told of " + version + " behind " + at, List.of(operation));
            }
            if (version.isAfter(at)) {
                at = version;
                ofEntry.clear();
            }
            @Nullable Operation before = ofEntry.put(operation.key(), operation);
            if (before != null) {
                return violated("a connection told " + version + " twice", List.of(before, operation));
            }
            before = told.changes().put(new Place(version, operation.key()), operation);
            if (before != null && !before.shown().equals(operation.shown())) {
                return violated("a watch told two changes as " + version, List.of(before, operation));
            }
            if (operation.value() != null && !written.contains(List.of(operation.key(), operation.shown()))) {
                return violated("a watch told what nobody wrote", List.of(operation));
            }
        }
        return null;
    }

    /** The first acknowledged write that a watch did not tell, or not so. */
    private @Nullable Verdict missed(Operation begin, Told told) {
        for (Map.Entry<Place, Operation> write : acknowledged.entrySet()) {
            if (!begin.key().isEmpty() && !write.getKey().key().startsWith(begin.key())) {
                continue;
            }
            if (write.getKey().version().isAfter(told.from())) {
                @Nullable Operation change = told.changes().get(write.getKey());
                if (change == null) {
                    String reason = "watch " + begin.client() + " never told of "
                            + write.getKey().version();
                    return violated(reason, List.of(begin, write.getValue()));
                }
                if (!change.shown().equals(write.getValue().shown())) {
                    return violated("a watch told another value", List.of(write.getValue(), change));
                }
            }
        }
        return null;
    }

    private Verdict compare(List<Told> all) {
        Position from = Position.NONE;
        for (Told told : all) {
            from = told.from().isAfter(from) ? told.from() : from;
        }
        for (Told one : all) {
            for (Map.Entry<Place, Operation> change : one.changes().entrySet()) {
                Position version = change.getKey().version();
                if (!version.isAfter(from) || version.isAfter(last)) {
                    continue;
                }
                for (Told other : all) {
                    @Nullable Operation same = other.changes().get(change.getKey());
                    if (same == null || !same.shown().equals(change.getValue().shown())) {
                        List<Operation> part =
                                same == null ? List.of(change.getValue()) : List.of(change.getValue(), same);
                        return violated("not every watch told so of " + version, part);
                    }
                }
            }
        }
        return Verdict.holds(Guarantee.WATCH_IS_LOG);
    }

    private static Verdict violated(String reason, List<Operation> part) {
        return Verdict.violated(Guarantee.WATCH_IS_LOG, reason, part);
    }
}
