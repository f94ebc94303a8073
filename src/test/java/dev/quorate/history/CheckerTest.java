package dev.quorate.history;

import static dev.quorate.history.Histories.operation;
import static dev.quorate.history.Histories.read;
import static dev.quorate.history.Histories.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.history.Verdict.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The checker of linearizability: sentences of its definition, the definition itself on small histories, and mutants. */
@Execution(ExecutionMode.CONCURRENT)
class CheckerTest {
    // ---- by hand ---------------------------------------------------------------------------------------------------

    @Test
    void whatOverlapsMayBeSeenInEitherOrder() {
        assertHolds(write(0, "a", 0, 10), read(1, null, 1, 5), read(1, "a", 6, 9));
        assertHolds(write(0, "a", 0, 10), write(1, "b", 0, 10), read(2, "a", 20, 21), read(2, "a", 22, 23));
    }

    @Test
    void aStaleReadIsFound() {
        assertViolated(write(0, "a", 0, 1), write(0, "b", 2, 3), read(1, "a", 4, 5));
    }

    @Test
    void aReadThatGoesBackIsFoundAlthoughTheWriteStillRuns() {
        assertViolated(write(0, "a", 0, 9), read(1, "a", 1, 2), read(2, null, 3, 4));
    }

    @Test
    void twoThatDisagreeOnTheOrderAreFound() {
        assertViolated(
                write(0, "a", 0, 9),
                write(1, "b", 0, 9),
                read(2, "a", 10, 11),
                read(2, "b", 12, 13),
                read(2, "a", 14, 15));
    }

    @Test
    void aValueThatNobodyWroteIsFound() {
        assertViolated(read(0, "a", 0, 1));
        assertViolated(operation(0, Kind.WRITE, "a", 0, 1, Outcome.FAILED), read(1, "a", 2, 3));
        assertViolated(read(1, "a", 0, 1), write(0, "a", 2, 3));
    }

    @Test
    void whatIsUnknownMayHappenLateOrNeverButNotTwiceAndNotBeforeItsCall() {
        Operation unknown = operation(0, Kind.WRITE, "a", 0, 1, Outcome.UNKNOWN);
        assertHolds(unknown, read(1, null, 5, 6), read(1, "a", 7, 8));
        assertHolds(unknown, read(1, null, 5, 6), read(1, null, 7, 8));
        assertViolated(unknown, read(1, "a", 5, 6), read(1, null, 7, 8));
        assertViolated(unknown, write(1, "b", 2, 3), read(2, "a", 4, 5), write(1, "c", 6, 7), read(2, "a", 8, 9));
        assertViolated(read(1, "a", 0, 1), operation(0, Kind.WRITE, "a", 2, 3, Outcome.UNKNOWN));
    }

    @Test
    void aDeleteLeavesAbsence() {
        Operation delete = operation(0, Kind.DELETE, null, 2, 3, Outcome.OK);
        assertHolds(write(0, "a", 0, 1), delete, read(1, null, 4, 5));
        assertViolated(write(0, "a", 0, 1), delete, read(1, "a", 4, 5));
    }

    @Test
    void keysAreJudgedApart() {
        List<Operation> history = new ArrayList<>(List.of(write(0, "a", 0, 1)));
        history.add(new Operation(1, Kind.READ, "other", null, 2, 3, Outcome.OK, null, null));
        assertTrue(Checker.check(history).holds());
    }

    @Test
    void tooMuchAtOnceIsSaidToBeUndecided() {
        List<Operation> history = new ArrayList<>();
        for (int i = 0; i < 65; i++) {
            history.add(write(i, "v" + i, 0, 1));
        }
        assertEquals(Result.UNDECIDED, Checker.check(history).result());
    }

    // ---- against the definition ------------------------------------------------------------------------------------

    @Test
    void judgesSmallHistoriesAsTheDefinitionDoes() {
        int holding = 0;
        for (long seed = 1; seed <= 20_000; seed++) {
            Random random = new Random(seed);
            List<Operation> history = Histories.random(random, 1 + random.nextInt(7));
            boolean linearizable = BruteForce.isLinearizable(history);
            assertEquals(linearizable, Checker.check(history).holds(), "seed " + seed + ": " + history);
            holding += linearizable ? 1 : 0;
        }
        assertTrue(holding > 2_000 && holding < 18_000, "both occur: " + holding);
    }

    @Test
    void theSmallestPartViolatesAndNothingCanBeLeftOut() {
        int largest = 0;
        for (long seed = 1; seed <= 3_000; seed++) {
            Verdict verdict = Checker.check(Histories.random(new Random(seed), 9));
            if (verdict.result() != Result.VIOLATED) {
                continue;
            }
            List<Operation> part = verdict.part();
            List<Operation> told =
                    part.stream().filter(op -> op.outcome() != Outcome.FAILED).toList();
            assertFalse(BruteForce.isLinearizable(told), "seed " + seed + ": " + verdict);
            for (Operation read : told.stream().filter(Operation::isRead).toList()) {
                List<Operation> fewer = new ArrayList<>(told);
                fewer.remove(read);
                assertTrue(BruteForce.isLinearizable(fewer), "seed " + seed + " without " + read + ": " + verdict);
            }
            largest = Math.max(largest, part.size());
        }
        assertTrue(largest > 2 && largest < 9, "parts have at most " + largest);
    }

    // ---- true histories and their mutants --------------------------------------------------------------------------

    @Test
    void whatTrueRegistersShowHolds() {
        for (long seed = 1; seed <= 300; seed++) {
            List<Operation> history = Histories.ofRegisters(new Random(seed), 8, 3, 400, seed % 2 == 0);
            Verdict verdict = Checker.check(history);
            assertTrue(verdict.holds(), "seed " + seed + ": " + verdict);
        }
    }

    @Test
    void aStaleReadPutInIsFoundAndShownInAFewOperations() {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            List<Operation> history = Histories.ofRegisters(random, 8, 3, 400, false);
            history.add(staleRead(history, random));
            Verdict verdict = Checker.check(history);
            assertEquals(Result.VIOLATED, verdict.result(), "seed " + seed);
            assertTrue(verdict.part().size() <= 6, "seed " + seed + ": " + verdict);
        }
    }

    @Test
    void anAcknowledgedWriteLeftOutIsFound() {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            List<Operation> history = Histories.ofRegisters(random, 8, 3, 400, false);
            Set<String> seen = history.stream()
                    .filter(op -> op.isRead() && op.value() != null)
                    .map(Operation::shown)
                    .collect(Collectors.toSet());
            List<Operation> writes = history.stream()
                    .filter(op -> !op.isRead() && op.outcome() == Outcome.OK && seen.contains(op.shown()))
                    .toList();
            history.remove(writes.get(random.nextInt(writes.size())));
            Verdict verdict = Checker.check(history);
            assertEquals(Result.VIOLATED, verdict.result(), "seed " + seed);
            assertEquals(1, verdict.part().size(), "seed " + seed + ": " + verdict);
        }
    }

    @Test
    void aWriteThatTheStoreForgotIsFound() {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            List<Operation> history = Histories.ofRegisters(random, 4, 1, 200, false);
            long end = history.stream().mapToLong(Operation::endNs).max().orElse(0);
            history.add(late(Kind.WRITE, "kept", end + 1));
            history.add(late(Kind.READ, "kept", end + 3));
            assertTrue(Checker.check(history).holds(), "seed " + seed);
            history.add(late(Kind.WRITE, "forgotten", end + 5));
            history.add(late(Kind.READ, "kept", end + 7));
            Verdict verdict = Checker.check(history);
            assertEquals(Result.VIOLATED, verdict.result(), "seed " + seed);
            assertTrue(verdict.toString().contains("forgotten"), verdict.toString());
        }
    }

    private static Operation late(Kind kind, String value, long start) {
        return new Operation(9, kind, "k0", value, start, start + 1, Outcome.OK, null, null);
    }

    /** A read that begins after a write was acknowledged that began after the value it shows was acknowledged. */
    private static Operation staleRead(List<Operation> history, Random random) {
        List<Operation> writes = history.stream()
                .filter(op -> op.kind() == Kind.WRITE && op.outcome() == Outcome.OK)
                .toList();
        while (true) {
            Operation old = writes.get(random.nextInt(writes.size()));
            Operation newer = writes.get(random.nextInt(writes.size()));
            if (old.key().equals(newer.key()) && newer.startNs() > old.endNs()) {
                long at = newer.endNs() + 1 + random.nextInt(500);
                return new Operation(9, Kind.READ, old.key(), old.value(), at, at + 5, Outcome.OK, null, null);
            }
        }
    }

    private static void assertHolds(Operation... history) {
        assertEquals(Result.HOLDS, Checker.check(List.of(history)).result());
        assertTrue(BruteForce.isLinearizable(List.of(history)));
    }

    private static void assertViolated(Operation... history) {
        assertEquals(Result.VIOLATED, Checker.check(List.of(history)).result());
        assertFalse(BruteForce.isLinearizable(List.of(history)));
    }
}
