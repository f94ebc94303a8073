package dev.quorate.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.history.Verdict.Result;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Read-your-writes and monotonic reads, each violated apart from the other. */
class SessionsTest {
    private final List<Operation> history = new ArrayList<>();
    private long timeNs;

    @Test
    void trueRegistersKeepBoth() {
        for (long seed = 1; seed <= 200; seed++) {
            List<Operation> history = Histories.ofRegisters(new Random(seed), 8, 3, 400, seed % 2 == 0);
            for (Guarantee guarantee : List.of(Guarantee.READ_YOUR_WRITES, Guarantee.MONOTONIC_READS)) {
                assertTrue(Checker.check(history, guarantee).holds(), "seed " + seed + " " + guarantee);
            }
        }
    }

    @Test
    void anOwnWriteThatIsNotSeenIsFound() {
        wrote(1, 5);
        saw(1, "old", 3, 9);
        assertViolated(Guarantee.READ_YOUR_WRITES);
        assertHolds(Guarantee.MONOTONIC_READS);
    }

    @Test
    void anOwnWriteThatIsAbsentIsFoundUnlessSomebodyDeletes() {
        wrote(1, 5);
        saw(1, null, 0, 9);
        assertViolated(Guarantee.READ_YOUR_WRITES);
        history.add(new Operation(2, Kind.DELETE, "k", null, 0, 1, Outcome.UNKNOWN, null, null));
        assertHolds(Guarantee.READ_YOUR_WRITES);
    }

    @Test
    void aReadBehindAnotherIsFound() {
        saw(1, "new", 5, 5);
        saw(1, "old", 3, 9);
        assertViolated(Guarantee.MONOTONIC_READS);
        assertHolds(Guarantee.READ_YOUR_WRITES);
    }

    @Test
    void anAnswerFromBeforeWhatTheSessionHasReachedIsFoundAlsoOnAnotherKey() {
        saw(1, "v", 5, 8);
        add(1, Kind.READ, "other", null, 0, 7, Outcome.OK);
        assertViolated(Guarantee.MONOTONIC_READS);
        history.clear();
        wrote(1, 8);
        add(1, Kind.READ, "other", null, 0, 7, Outcome.OK);
        assertViolated(Guarantee.READ_YOUR_WRITES);
    }

    @Test
    void aLaterTermIsLaterAtALowerIndex() {
        history.add(new Operation(1, Kind.READ, "k", "a", 0, 1, Outcome.OK, new Position(1, 9), new Position(1, 9)));
        history.add(new Operation(1, Kind.READ, "k", "b", 2, 3, Outcome.OK, new Position(2, 4), new Position(2, 4)));
        assertHolds(Guarantee.MONOTONIC_READS);
    }

    @Test
    void othersAndWhatIsNotAcknowledgedBindNobody() {
        wrote(1, 5);
        add(2, Kind.WRITE, "k", "mine", 7, 7, Outcome.UNKNOWN);
        saw(2, "old", 3, 4);
        assertHolds(Guarantee.READ_YOUR_WRITES);
        assertHolds(Guarantee.MONOTONIC_READS);
    }

    @Test
    void anOlderReadPutInIsFound() {
        int found = 0;
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            List<Operation> mutated = Histories.ofRegisters(random, 4, 2, 200, false);
            Operation newest = mutated.stream()
                    .filter(op -> op.isRead() && op.value() != null)
                    .reduce((a, b) -> b)
                    .orElseThrow();
            Operation oldest = mutated.stream()
                    .filter(op -> op.kind() == Kind.WRITE
                            && op.outcome() == Outcome.OK
                            && op.key().equals(newest.key()))
                    .findFirst()
                    .orElseThrow();
            mutated.add(new Operation(
                    newest.client(),
                    Kind.READ,
                    newest.key(),
                    oldest.value(),
                    newest.endNs() + 1,
                    newest.endNs() + 2,
                    Outcome.OK,
                    oldest.version(),
                    newest.position()));
            Verdict verdict = Checker.check(mutated, Guarantee.MONOTONIC_READS);
            assertEquals(Result.VIOLATED, verdict.result(), "seed " + seed);
            found += verdict.part().size();
        }
        assertEquals(400, found, "two operations show each");
    }

    private void wrote(int client, long version) {
        add(client, Kind.WRITE, "k", "w" + version, version, version, Outcome.OK);
    }

    private void saw(int client, @Nullable String value, long version, long position) {
        add(client, Kind.READ, "k", value, version, position, Outcome.OK);
    }

    private void add(
            int client, Kind kind, String key, @Nullable String value, long version, long position, Outcome outcome) {
        timeNs += 10;
        Position of = outcome == Outcome.OK && version > 0 ? new Position(1, version) : null;
        history.add(
                new Operation(client, kind, key, value, timeNs, timeNs + 5, outcome, of, new Position(1, position)));
    }

    private void assertViolated(Guarantee guarantee) {
        Verdict verdict = Checker.check(history, guarantee);
        assertEquals(Result.VIOLATED, verdict.result());
        assertEquals(2, verdict.part().size());
    }

    private void assertHolds(Guarantee guarantee) {
        assertEquals(Verdict.holds(guarantee), Checker.check(history, guarantee));
    }
}
