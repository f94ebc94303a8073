package dev.quorate.history;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Histories from seeds: of true registers, in which each operation took effect at one instant, and of no register. */
final class Histories {
    private static final List<Kind> KINDS = List.of(Kind.READ, Kind.WRITE, Kind.DELETE);
    private static final List<Outcome> OUTCOMES = List.of(Outcome.OK, Outcome.FAILED, Outcome.UNKNOWN);

    private Histories() {}

    static Operation write(int client, String value, long start, long end) {
        return operation(client, Kind.WRITE, value, start, end, Outcome.OK);
    }

    static Operation read(int client, @Nullable String value, long start, long end) {
        return operation(client, Kind.READ, value, start, end, Outcome.OK);
    }

    static Operation operation(int client, Kind kind, @Nullable String value, long start, long end, Outcome outcome) {
        return new Operation(client, kind, "k", value, start, end, outcome, null, null);
    }

    /** Operations whose answers are drawn from a hat: some histories are linearizable, most are not. */
    static List<Operation> random(Random random, int size) {
        List<Operation> history = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            long start = random.nextInt(12);
            long end = start + random.nextInt(8);
            Kind kind = KINDS.get(random.nextInt(10) / 4);
            Outcome outcome = random.nextInt(4) > 0 ? Outcome.OK : OUTCOMES.get(random.nextInt(3));
            int value = random.nextInt(3);
            String written = kind == Kind.DELETE || (kind == Kind.READ && value == 0) ? null : "v" + value;
            Operation operation = operation(i, kind, written, start, end, outcome);
            int expected = kind == Kind.READ ? 9 : random.nextInt(6);
            history.add(expected > 2 ? operation : conditional(operation, expected == 0 ? null : "v" + expected));
        }
        return history;
    }

    private static Operation conditional(Operation write, @Nullable String expected) {
        return new Operation(
                write.client(),
                Kind.CAS,
                write.key(),
                write.value(),
                write.startNs(),
                write.endNs(),
                write.outcome(),
                write.version(),
                write.position(),
                expected,
                0);
    }

    /**
     * What clients of one true register see that read it, and write what has the version that they know of; a refusal tells
     * the version that there is.
     */
    static List<Operation> ofCompareAndSet(Random random, int clients, int size) {
        @Nullable String state = null;
        @Nullable Position version = null;
        @Nullable String[] known = new String[clients];
        long[] freeAt = new long[clients];
        List<Operation> history = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            // Effects are in the order of i, at 10 i; calls and answers lie around them.
            int client = random.nextInt(clients);
            long effect = i * 10L + 5;
            long start = Math.max(freeAt[client], effect - random.nextInt(60));
            long end = effect + random.nextInt(60);
            if (start > effect) {
                continue;
            }
            freeAt[client] = end + 1;
            if (random.nextInt(3) == 0) {
                known[client] = state;
                history.add(new Operation(
                        client, Kind.READ, "k", state, start, end, Outcome.OK, version, new Position(1, i + 1L)));
                continue;
            }
            String written = "v" + i;
            boolean held = Objects.equals(state, known[client]);
            boolean told = random.nextInt(20) > 0;
            if (held) {
                state = written;
                version = new Position(1, i + 1L);
            }
            Outcome outcome = !told ? Outcome.UNKNOWN : held ? Outcome.OK : Outcome.REFUSED;
            history.add(new Operation(
                    client,
                    Kind.CAS,
                    "k",
                    written,
                    start,
                    end,
                    outcome,
                    told ? version : null,
                    null,
                    known[client],
                    0));
            known[client] = told && held ? written : known[client];
        }
        history.sort(Comparator.comparingLong(Operation::startNs));
        return history;
    }

    /** What clients of true registers see; outcomes are sometimes not known, and what is not known may not be done. */
    static List<Operation> ofRegisters(Random random, int clients, int keys, int size, boolean deletes) {
        Map<String, @Nullable String> state = new HashMap<>();
        Map<String, Position> versions = new HashMap<>();
        long[] freeAt = new long[clients];
        List<Pending> pending = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            int client = random.nextInt(clients);
            long start = freeAt[client] + 1 + random.nextInt(20);
            long end = start + 1 + random.nextInt(200);
            freeAt[client] = end;
            int roll = random.nextInt(20);
            Kind kind = roll < 10 ? Kind.READ : roll == 19 && deletes ? Kind.DELETE : Kind.WRITE;
            Outcome outcome = random.nextInt(50) > 0 ? Outcome.OK : OUTCOMES.get(random.nextInt(3));
            long effect = start + random.nextInt((int) (end - start + 1));
            if (outcome == Outcome.UNKNOWN) {
                effect += random.nextInt(400);
            }
            pending.add(new Pending(client, kind, "k" + random.nextInt(keys), "v" + i, start, end, effect, outcome));
        }
        pending.sort(Comparator.comparingLong(Pending::effect));
        List<Operation> history = new ArrayList<>();
        for (int i = 0; i < pending.size(); i++) {
            Pending each = pending.get(i);
            boolean done = each.outcome == Outcome.OK || (each.outcome == Outcome.UNKNOWN && random.nextBoolean());
            if (done && each.kind != Kind.READ) {
                state.put(each.key, each.kind == Kind.WRITE ? each.value : null);
                versions.put(each.key, new Position(1, i + 1L));
            }
            history.add(each.seeing(state.get(each.key), versions.get(each.key), new Position(1, i + 1L)));
        }
        history.sort(Comparator.comparingLong(Operation::startNs));
        return history;
    }

    private record Pending(
            int client, Kind kind, String key, String value, long start, long end, long effect, Outcome outcome) {
        Operation seeing(@Nullable String seen, @Nullable Position version, Position position) {
            boolean answered = outcome == Outcome.OK;
            String shown = switch (kind) {
                case READ -> answered ? seen : null;
                case WRITE -> value;
                default -> null;
            };
            boolean versioned = answered && (kind != Kind.READ || seen != null);
            return new Operation(
                    client,
                    kind,
                    key,
                    shown,
                    start,
                    end,
                    outcome,
                    versioned ? version : null,
                    answered ? position : null);
        }
    }
}
