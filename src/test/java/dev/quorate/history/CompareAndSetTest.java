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

/** Writes with a condition: what held, what was refused, and what nobody knows. {@link CheckerTest} has the definition. */
class CompareAndSetTest {
    private final List<Operation> history = new ArrayList<>();
    private long timeNs;

    @Test
    void trueRegistersHold() {
        int refused = 0;
        for (long seed = 1; seed <= 300; seed++) {
            List<Operation> history = Histories.ofCompareAndSet(new Random(seed), 6, 300);
            Verdict verdict = Checker.check(history);
            assertTrue(verdict.holds(), "seed " + seed + ": " + verdict);
            refused += (int) history.stream()
                    .filter(op -> op.outcome() == Outcome.REFUSED)
                    .count();
        }
        assertTrue(refused > 10_000, "refusals are among it: " + refused);
    }

    @Test
    void aRefusedWriteThatWasDoneAllTheSameIsFound() {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            List<Operation> history = Histories.ofCompareAndSet(random, 6, 300);
            List<Operation> refused = history.stream()
                    .filter(op -> op.outcome() == Outcome.REFUSED && op.expected() != null)
                    .toList();
            Operation one = refused.get(random.nextInt(refused.size()));
            history.remove(one);
            history.add(compareAndSet(one, Outcome.OK, new Position(2, seed)));
            assertEquals(Result.VIOLATED, Checker.check(history).result(), "seed " + seed);
        }
    }

    @Test
    void twoThatExpectedTheSameAndBothSucceededAreFound() {
        add(Kind.WRITE, null, "a", Outcome.OK, 1);
        add(Kind.CAS, "a", "b", Outcome.OK, 2);
        add(Kind.CAS, "a", "c", Outcome.OK, 3);
        assertViolated(3);
    }

    @Test
    void oneThatMetWhatIsNotThereAnyMoreIsFound() {
        add(Kind.WRITE, null, "a", Outcome.OK, 1);
        add(Kind.WRITE, null, "b", Outcome.OK, 2);
        add(Kind.CAS, "c", "d", Outcome.REFUSED, 1);
        assertViolated(3);
    }

    @Test
    void oneThatWasRefusedForWhatItExpectedIsFound() {
        add(Kind.WRITE, null, "a", Outcome.OK, 1);
        add(Kind.CAS, "a", "b", Outcome.REFUSED, 1);
        assertViolated(1);
        history.clear();
        add(Kind.CAS, null, "b", Outcome.REFUSED, 0);
        assertViolated(1);
    }

    @Test
    void oneOfUnknownOutcomeIsDoneOnlyWhereItsConditionHolds() {
        add(Kind.WRITE, null, "a", Outcome.OK, 1);
        add(Kind.CAS, "a", "b", Outcome.UNKNOWN, 0);
        add(Kind.READ, null, "b", Outcome.OK, 2);
        assertTrue(Checker.check(history).holds());
        history.remove(2);
        add(Kind.WRITE, null, "c", Outcome.OK, 3);
        add(Kind.READ, null, "b", Outcome.OK, 2);
        // Done before c was, it cannot be seen behind it.
        assertViolated(4);
    }

    @Test
    void aRefusalThatTellsAVersionThatNobodyKnowsProvesNothing() {
        add(Kind.WRITE, null, "a", Outcome.OK, 1);
        add(Kind.CAS, "x", "b", Outcome.REFUSED, 7);
        assertTrue(Checker.check(history).holds());
    }

    @Test
    void theSmallestPartNeedsNotTheWholeChain() {
        add(Kind.WRITE, null, "v0", Outcome.OK, 1);
        for (int i = 1; i < 50; i++) {
            add(Kind.CAS, "v" + (i - 1), "v" + i, Outcome.OK, i + 1);
        }
        add(Kind.READ, null, "v47", Outcome.OK, 48);
        Verdict verdict = assertViolated(3);
        assertTrue(verdict.toString().contains("writes k = v47,"), "without its condition: " + verdict);
    }

    @Test
    void whatExpiresMayBeGoneFromItsTimeOnButNotBeforeAndNotForAWhile() {
        add(Kind.WRITE, null, "a", Outcome.OK, 1);
        Operation write = history.remove(0);
        long ttlNs = 5_000_000;
        history.add(new Operation(
                1, Kind.WRITE, "k", "a", write.startNs(), write.endNs(), Outcome.OK, write.version(), null, null, 5));
        timeNs = write.startNs() + ttlNs;
        add(Kind.READ, null, null, Outcome.OK, 0);
        assertTrue(Checker.check(history).holds());
        add(Kind.READ, null, "a", Outcome.OK, 1);
        assertViolated(4);
        history.subList(1, 3).clear();
        timeNs = write.startNs() + ttlNs - 2_000_000;
        add(Kind.READ, null, null, Outcome.OK, 0);
        assertViolated(2);
    }

    private void add(Kind kind, @Nullable String expected, @Nullable String value, Outcome outcome, long version) {
        timeNs += 10;
        history.add(new Operation(
                1,
                kind,
                "k",
                value,
                timeNs,
                timeNs + 5,
                outcome,
                version == 0 ? null : new Position(1, version),
                null,
                expected,
                0));
    }

    private static Operation compareAndSet(Operation of, Outcome outcome, Position version) {
        return new Operation(
                of.client(),
                Kind.CAS,
                of.key(),
                of.value(),
                of.startNs(),
                of.endNs(),
                outcome,
                version,
                null,
                of.expected(),
                0);
    }

    private Verdict assertViolated(int operations) {
        Verdict verdict = Checker.check(history);
        assertEquals(Result.VIOLATED, verdict.result(), verdict.toString());
        assertEquals(operations, verdict.part().size(), verdict.toString());
        return verdict;
    }
}
