package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class LeaderTimeTest {
    private static final long MILLISECOND = 1_000_000;

    @Test
    void runsAsFastAsTheMonotonicClockHoweverManyStampsItMakes() {
        LeaderTime time = new LeaderTime();
        time.seen(5_000);
        time.takeOffice(77 * MILLISECOND);
        for (long passedMs = 0; passedMs < 10_000; passedMs++) {
            long stampMs = time.stampMs((77 + passedMs) * MILLISECOND);
            assertEquals(5_000 + passedMs, stampMs);
            time.seen(stampMs);
        }
    }

    @Test
    void goesOnWhereTheLogEndsWhenALeaderTakesOffice() {
        LeaderTime time = new LeaderTime();
        time.takeOffice(0);
        time.seen(time.stampMs(900 * MILLISECOND));
        time.takeOffice(5 * MILLISECOND);
        assertEquals(901, time.stampMs(6 * MILLISECOND));
    }
}
