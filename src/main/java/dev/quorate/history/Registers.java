package dev.quorate.history;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Linearizability of one key's operations. A refused compare-and-set has read what it met, by its version. A write that
 * expires is followed by a delete of that value alone, at any time from its ttl after its call on, or never.
 */
final class Registers {
    /** Leader time counts whole milliseconds. */
    private static final long GRAIN_NS = 1_000_000;

    private final List<Operation> operations;
    private final Map<Position, String> valueByVersion = new HashMap<>();

    private Registers(List<Operation> ofKey) {
        this.operations = ofKey;
        for (Operation operation : ofKey) {
            Position version = operation.version();
            String value = operation.value();
            if (operation.isOk() && version != null && value != null) {
                valueByVersion.put(version, value);
            }
        }
    }

    static Verdict check(List<Operation> ofKey) {
        return new Registers(ofKey).check();
    }

    private Verdict check() {
        List<Operation> simple = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation.kind() != Kind.CAS || operation.outcome() != Outcome.REFUSED) {
                simple.add(operation);
                addExpiry(operation, simple);
            } else if (operation.version() == null || valueByVersion.containsKey(operation.version())) {
                String met = operation.version() == null ? null : valueByVersion.get(operation.version());
                if (Objects.equals(met, operation.expected())) {
                    String reason = "client " + operation.client() + " was refused for what it expected";
                    return Verdict.violated(Guarantee.LINEARIZABLE, reason, List.of(operation));
                }
                simple.add(operation.as(Kind.READ, met, Outcome.OK));
            }
        }
        RegisterSearch.Finding finding = new RegisterSearch(simple).search();
        if (finding.impossible() != null) {
            List<Operation> part = Smallest.part(simple, finding.atNs());
            return Verdict.violated(Guarantee.LINEARIZABLE, reason(part), part);
        }
        String tooMany = "too many operations of key " + operations.get(0).key() + " overlap";
        return finding.undecided()
                ? Verdict.undecided(Guarantee.LINEARIZABLE, tooMany)
                : Verdict.holds(Guarantee.LINEARIZABLE);
    }

    private static void addExpiry(Operation write, List<Operation> simple) {
        if (write.ttlMs() == 0 || !write.isWrite()) {
            return;
        }
        long fromNs = write.startNs() + write.ttlMs() * 1_000_000 - GRAIN_NS;
        simple.add(new Operation(
                write.client(),
                Kind.CAS,
                write.key(),
                null,
                fromNs,
                Math.max(fromNs, write.endNs()),
                Outcome.UNKNOWN,
                null,
                null,
                write.value(),
                0));
    }

    private static String reason(List<Operation> part) {
        Operation last = part.get(0);
        for (Operation operation : part) {
            last = operation.endNs() > last.endNs() ? operation : last;
        }
        return "no order of these " + part.size() + " operations of key " + last.key() + " explains what client "
                + last.client() + (last.isRead() ? " read: " + last.shown() : " was acknowledged");
    }
}
