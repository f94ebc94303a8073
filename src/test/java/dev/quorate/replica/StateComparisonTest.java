package dev.quorate.replica;

import static dev.quorate.replica.StateComparison.Verdict.OTHERS_WRONG;
import static dev.quorate.replica.StateComparison.Verdict.SAME;
import static dev.quorate.replica.StateComparison.Verdict.THIS_WRONG;
import static dev.quorate.replica.StateComparison.Verdict.UNDECIDED;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Who is wrong, as one replica sees it. */
class StateComparisonTest {
    private static StateHashes of(int replica, Map<Long, Long> byIndex) {
        return new StateHashes(replica, 1, new TreeMap<>(byIndex));
    }

    private static StateComparison.Verdict verdict(int replicas, StateHashes own, StateHashes... others) {
        return StateComparison.of(replicas, own, List.of(others)).verdict();
    }

    @Test
    void theMajorityIsRight() {
        StateHashes good = of(0, Map.of(9L, 70L));
        StateHashes alsoGood = of(1, Map.of(9L, 70L));
        StateHashes bad = of(2, Map.of(9L, 71L));
        assertEquals(SAME, verdict(3, good, alsoGood));
        assertEquals(OTHERS_WRONG, verdict(3, good, alsoGood, bad));
        assertEquals(THIS_WRONG, verdict(3, bad, good, alsoGood));
        assertEquals(
                new StateComparison(9, THIS_WRONG, List.of(2), List.of(0, 1)),
                StateComparison.of(3, bad, List.of(alsoGood, good)));
    }

    /** A majority is one of the set, not of those that answered. */
    @Test
    void withoutAMajorityNobodyIsSaidToBeWrong() {
        StateHashes one = of(0, Map.of(9L, 70L));
        StateHashes other = of(1, Map.of(9L, 71L));
        StateHashes third = of(2, Map.of(9L, 72L));
        assertEquals(UNDECIDED, verdict(2, one, other));
        assertEquals(UNDECIDED, verdict(3, one, other));
        assertEquals(UNDECIDED, verdict(3, one, other, third));
        assertEquals(UNDECIDED, verdict(5, one, other, of(3, Map.of(9L, 71L))));
        assertEquals(UNDECIDED, verdict(4, one, of(3, Map.of(9L, 70L)), other, of(2, Map.of(9L, 71L))));
    }

    /** What differed once and was written over since is alike again. */
    @Test
    void theLatestIndexThatMostKnowCounts() {
        StateHashes own = of(0, Map.of(1L, 5L, 2L, 6L, 3L, 7L));
        assertEquals(
                2,
                StateComparison.of(3, own, List.of(of(1, Map.of(2L, 6L, 9L, 1L)), of(2, Map.of(1L, 4L, 2L, 6L))))
                        .index());
        assertEquals(SAME, verdict(3, own, of(1, Map.of(2L, 6L)), of(2, Map.of(1L, 4L, 2L, 6L))));
        assertEquals(
                2,
                StateComparison.of(3, own, List.of(of(1, Map.of(2L, 6L, 3L, 8L)), of(2, Map.of(2L, 6L))))
                        .index());
    }

    @Test
    void whatIsNotComparableSaysNothing() {
        StateHashes own = of(0, Map.of(1L, 5L));
        assertEquals(0, StateComparison.of(3, own, List.of()).index());
        assertEquals(
                0, StateComparison.of(3, own, List.of(of(1, Map.of(2L, 6L)))).index());
        StateHashes newer = new StateHashes(1, 2, new TreeMap<>(Map.of(1L, 6L)));
        assertEquals(SAME, verdict(3, own, newer));
        assertEquals(0, StateComparison.of(3, own, List.of(newer)).index());
    }
}
