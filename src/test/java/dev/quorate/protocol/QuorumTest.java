package dev.quorate.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Quorum arithmetic against a naive count. */
class QuorumTest {
    @Test
    void coversWhatANaiveCountCovers() {
        for (long seed = 1; seed <= 5_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            long[] matches = random.longs(1 + random.nextInt(9), 0, 12).toArray();
            int count = 1 + random.nextInt(9);
            long covered = Quorum.coveredBy(matches, count);
            long naive = 0;
            for (long index = 1; index < 12; index++) {
                long at = index;
                if (Arrays.stream(matches).filter(match -> match >= at).count() >= count) {
                    naive = index;
                }
            }
            assertEquals(naive, covered, "seed " + seed + ": " + count + " of " + Arrays.toString(matches));
        }
    }

    @Test
    void anyTwoMajoritiesShareAMemberAndNoSmallerSetsDo() {
        for (int replicas = 1; replicas <= 9; replicas++) {
            int majority = Quorum.majority(replicas);
            assertTrue(2 * majority > replicas);
            assertTrue(2 * (majority - 1) <= replicas);
        }
    }
}
