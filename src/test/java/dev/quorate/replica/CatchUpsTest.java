package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Catching up is told when it begins and when it ends, and everyday lag is not told at all. */
class CatchUpsTest {
    private final List<String> told = new ArrayList<>();
    private final CatchUps catchUps = new CatchUps(new CatchUps.Listener() {
        @Override
        public void started(int follower, long entries, boolean wasAway) {
            told.add("started " + follower + " " + entries + (wasAway ? " away" : ""));
        }

        @Override
        public void caughtUp(int follower, long entries, long tookMs) {
            told.add("caught up " + follower + " " + entries);
        }
    });

    @Test
    void aFollowerInStepIsNoNews() {
        for (long index = 1; index < 50; index++) {
            catchUps.advanced(1, index - 1, index, index + CatchUps.CLOSE);
        }
        assertEquals(List.of(), told);
    }

    @Test
    void farBehindIsOneEpisodeThatEndsWhenItIsClose() {
        catchUps.advanced(1, 10, 500, 2_010);
        catchUps.advanced(1, 500, 1_900, 3_000);
        catchUps.advanced(1, 1_900, 2_800, 3_000);
        assertEquals(List.of("started 1 2000"), told, "what was there at the start is there, and more has come");
        catchUps.advanced(1, 2_800, 2_950, 3_000);
        assertEquals(List.of("started 1 2000", "caught up 1 2940"), told);
        catchUps.advanced(1, 2_950, 3_000, 3_010);
        assertEquals(2, told.size());
    }

    @Test
    void backFromSilenceItCatchesUpHoweverLittleItMissed() {
        catchUps.back(1, 20);
        catchUps.advanced(1, 15, 18, 20);
        catchUps.advanced(1, 18, 20, 20);
        assertEquals(List.of("started 1 5 away", "caught up 1 5"), told);
    }

    @Test
    void backFromSilenceWithNothingMissedIsNoCatchUp() {
        catchUps.back(1, 20);
        catchUps.advanced(1, 20, 21, 21);
        assertEquals(List.of(), told);
    }

    @Test
    void anotherTermBeginsAnew() {
        catchUps.advanced(1, 0, 10, 5_000);
        catchUps.clear();
        catchUps.advanced(1, 4_990, 5_000, 5_000);
        assertEquals(List.of("started 1 5000"), told);
    }
}
