package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.protocol.Reason;
import org.junit.jupiter.api.Test;

/** The sentence tells a dead leader from a slow disk and from a process that did not get to run. */
class CircumstancesTest {
    private static final long MS = 1_000_000;

    private final Circumstances circumstances = new Circumstances();

    @Test
    void aSilentLeaderIsNamedWithHowLong() {
        circumstances.heardLeader(0, 5_000 * MS);
        circumstances.ticked(6_000 * MS, 100 * MS);
        circumstances.ticked(6_112 * MS, 100 * MS);
        circumstances.synced(1_200 * MS);
        assertEquals(
                "heard no leader within the election time-out: no message from leader 0 for 1.31 s;"
                        + " the last tick came 12 ms late; the last sync took 1.20 s",
                circumstances.tell(Reason.ELECTION_TIMEOUT, 6_310 * MS));
    }

    @Test
    void whatIsNotKnownIsNotMadeUp() {
        assertEquals(
                "heard no leader within the election time-out: no message from any leader since the start;"
                        + " the last tick came 0 ms late",
                circumstances.tell(Reason.ELECTION_TIMEOUT, 6_310 * MS));
    }

    @Test
    void aReasonThatSaysAllStandsAlone() {
        circumstances.synced(1_200 * MS);
        assertEquals("a majority voted for it", circumstances.tell(Reason.VOTES_WON, 1));
    }
}
