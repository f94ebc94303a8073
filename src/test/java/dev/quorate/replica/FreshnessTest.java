package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Role;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A bound on staleness is never too small (protocol.md §4). */
class FreshnessTest {
    private static final long NOTHING = 0;

    private final Freshness freshness = new Freshness(false);
    private final long now = System.nanoTime();

    @Test
    void withoutAProofThereIsNoBound() {
        beat(1, 1, NOTHING, 0, 100);
        follows(1, 99);
        assertEquals(-1, freshness.stalenessMs(Role.FOLLOWER));
    }

    @Test
    void aFollowerIsAsFreshAsTheAnswerThatIsNamed() {
        beat(1, 1, NOTHING, 0, 5_000);
        beat(1, 2, NOTHING, 0, 3_000);
        beat(1, 3, 1, 7, 1_000);
        follows(1, 7);
        assertBound(5_000);
    }

    @Test
    void butNotBeforeItHoldsWhatTheLeaderHadThen() {
        beat(1, 1, NOTHING, 0, 5_000);
        beat(1, 2, 1, 7, 3_000);
        follows(1, 6);
        assertEquals(-1, freshness.stalenessMs(Role.FOLLOWER));
        // Others that are named meanwhile ask for more, and must not keep the first from being reached.
        beat(1, 3, 2, 8, 2_000);
        beat(1, 4, 3, 9, 1_000);
        follows(1, 7);
        assertBound(5_000);
        follows(1, 9);
        assertBound(2_000);
    }

    @Test
    void ofADoubledHeartbeatTheFirstCounts() {
        beat(1, 1, NOTHING, 0, 5_000);
        beat(1, 1, NOTHING, 0, 1_000);
        beat(1, 2, 1, 7, 500);
        follows(1, 7);
        assertBound(5_000);
    }

    @Test
    void aRoundOfAnotherTermNamesNothingOfThisOne() {
        beat(1, 1, NOTHING, 0, 5_000);
        beat(2, 2, 1, 7, 1_000);
        follows(2, 7);
        assertEquals(-1, freshness.stalenessMs(Role.FOLLOWER));
    }

    /** What is shared with the next leader is counted from nothing again. */
    @Test
    void aProofOfATermIsNotReachedInAnother() {
        beat(1, 1, NOTHING, 0, 5_000);
        beat(1, 2, 1, 7, 3_000);
        follows(2, 7);
        assertEquals(-1, freshness.stalenessMs(Role.FOLLOWER));
    }

    @Test
    void whatIsKnownOnceStays() {
        aFollowerIsAsFreshAsTheAnswerThatIsNamed();
        beat(2, 1, NOTHING, 0, 10);
        follows(2, 0);
        assertBound(5_000);
    }

    @Test
    void aLeaderIsAsFreshAsTheLastRoundThatWasConfirmed() {
        freshness.sending(beatOf(3, 4, NOTHING, 0), before(5_000));
        freshness.sending(beatOf(3, 5, NOTHING, 0), before(3_000));
        freshness.look(Role.LEADER, 3, 3, 0);
        assertEquals(-1, freshness.stalenessMs(Role.LEADER));
        freshness.look(Role.LEADER, 3, 4, 0);
        assertBound(5_000);
        freshness.sending(beatOf(3, 6, NOTHING, 0), before(1_000));
        freshness.look(Role.LEADER, 3, 6, 0);
        assertBound(1_000);
    }

    @Test
    void whoCanHaveNoRivalNeedsNoRoundWhileItLeads() {
        Freshness alone = new Freshness(true);
        assertEquals(0, alone.stalenessMs(Role.LEADER));
        assertEquals(-1, alone.stalenessMs(Role.FOLLOWER));
    }

    @Test
    void aBoundIsRoundedUp() {
        assertEquals(0, Freshness.olderMs(0));
        assertEquals(1, Freshness.olderMs(1));
        assertEquals(1, Freshness.olderMs(1_000_000));
        assertEquals(2, Freshness.olderMs(1_000_001));
    }

    private void assertBound(long agoMs) {
        long bound = freshness.stalenessMs(Role.FOLLOWER);
        long passedMs = (System.nanoTime() - now) / 1_000_000;
        assertTrue(bound >= agoMs && bound <= agoMs + passedMs + 1, bound + " ms for " + agoMs);
    }

    private long before(long agoMs) {
        return now - TimeUnit.MILLISECONDS.toNanos(agoMs);
    }

    private void beat(long term, long round, long provenRound, long provenIndex, long agoMs) {
        freshness.taken(beatOf(term, round, provenRound, provenIndex), before(agoMs));
    }

    private static Heartbeat beatOf(long term, long round, long provenRound, long provenIndex) {
        return new Heartbeat(0, 1, term, round, 0, provenRound, provenIndex);
    }

    private void follows(long term, long sharedIndex) {
        freshness.look(Role.FOLLOWER, term, 0, sharedIndex);
    }
}
