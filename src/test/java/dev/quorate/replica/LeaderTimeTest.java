package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class LeaderTimeTest {
    private static final long MILLISECOND = 1_000_000;

    @Test
    void runsAsFastAsTheMonotonicClockHoweverManyStampsItMakes() {
        LeaderTime time = new LeaderTime();
        time.takeOffice(5_000, 77 * MILLISECOND);
        for (long passedMs = 0; passedMs < 10_000; passedMs++) {
            assertEquals(5_000 + passedMs, time.stampMs((77 + passedMs) * MILLISECOND));
        }
    }

    @Test
    void goesOnWhereTheLogEndsWhenALeaderTakesOffice() {
        LeaderTime time = new LeaderTime();
        time.takeOffice(0, 0);
        long last = time.stampMs(900 * MILLISECOND);
        time.takeOffice(last, 5 * MILLISECOND);
        assertEquals(901, time.stampMs(6 * MILLISECOND));
    }
}
