package dev.quorate.protocol;

import static dev.quorate.protocol.LoneReplica.ELECTION_TICKS;
import static dev.quorate.protocol.LoneReplica.all;
import static dev.quorate.protocol.LoneReplica.appendTo;
import static dev.quorate.protocol.LoneReplica.one;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Message.VoteResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What the Raft paper (Ongaro & Ousterhout 2014, extended version) says of terms and elections, a test a sentence. The
 * log is {@link RaftPaperLogTest}'s, what the thesis adds {@link RaftThesisTest}'s.
 */
class RaftPaperTest {
    private static final HardState TERM_3 = new HardState(3, HardState.NOBODY);

    private static LoneReplica inTerm3(int self) {
        return new LoneReplica(self, 3, 1, TERM_3, 1);
    }

    private static boolean grants(LoneReplica replica, VoteRequest request) {
        return one(VoteResponse.class, replica.step(request)).granted();
    }

    // ---- §5.1 terms ------------------------------------------------------------------------------------------------

    /** §5.1: whoever's term is smaller takes the larger one, and keeps it over a crash. */
    @Test
    void s5_1_aLargerTermIsTaken() {
        LoneReplica replica = inTerm3(0);
        replica.step(replica.heartbeat(1, 7));
        assertEquals(7, replica.core().term());
        assertEquals(new HardState(7, HardState.NOBODY), replica.saved());
    }

    /** §5.1: a candidate or leader that finds its term out of date is a follower at once. */
    @Test
    void s5_1_aLargerTermEndsCandidacyAndLeadership() {
        LoneReplica candidate = inTerm3(0);
        candidate.becomesCandidate();
        candidate.step(new VoteResponse(1, 0, 9, false));
        assertEquals(Role.FOLLOWER, candidate.core().role());
        assertEquals(9, candidate.core().term());

        LoneReplica leader = inTerm3(0);
        AppendRequest request = appendTo(1, leader.becomesLeader());
        leader.step(new AppendResponse(1, 0, 9, request.sequence(), false, 0, true));
        assertEquals(Role.FOLLOWER, leader.core().role());
        assertEquals(9, leader.core().term());
    }

    /** §5.1: a request with a stale term is rejected, and the answer names the term that made it so. */
    @Test
    void s5_1_aStaleTermIsRejected() {
        LoneReplica replica = inTerm3(0);
        AppendResponse append =
                one(AppendResponse.class, replica.step(replica.entries(1, 2, new Position(1, 1), 1, 2L)));
        assertFalse(append.accepted());
        assertEquals(3, append.term());
        assertArrayEquals(new long[] {1}, replica.terms());
        assertEquals(-1, replica.core().leader());

        VoteResponse vote = one(VoteResponse.class, replica.step(replica.asksForVote(1, 2, new Position(2, 9))));
        assertFalse(vote.granted());
        assertEquals(3, vote.term());
        assertEquals(TERM_3, replica.saved());
    }

    // ---- §5.2 elections --------------------------------------------------------------------------------------------

    /** §5.2: a replica starts as a follower and stays one as long as a leader is heard. */
    @Test
    void s5_2_staysAFollowerWhileALeaderIsHeard() {
        LoneReplica replica = inTerm3(0);
        assertEquals(Role.FOLLOWER, replica.core().role());
        for (int i = 0; i < 20; i++) {
            replica.tick(ELECTION_TICKS - 1);
            replica.step(replica.heartbeat(1, 3));
        }
        assertEquals(Role.FOLLOWER, replica.core().role());
        replica.tick(2 * ELECTION_TICKS);
        assertEquals(Role.PRE_CANDIDATE, replica.core().role());
    }

    /** §5.2: to begin an election it raises its term, votes for itself and asks all others. */
    @Test
    void s5_2_aCandidateRaisesItsTermVotesForItselfAndAsksAll() {
        LoneReplica replica = inTerm3(1);
        List<Message> sent = replica.becomesCandidate();
        assertEquals(new HardState(4, 1), replica.saved());
        Position last = new Position(1, 1);
        assertEquals(List.of(new VoteRequest(1, 0, 4, last, false), new VoteRequest(1, 2, 4, last, false)), sent);
    }

    /** §5.2: at most one vote a term, to whoever comes first; the same one may ask again. */
    @Test
    void s5_2_oneVoteATermFirstComeFirstServed() {
        LoneReplica replica = inTerm3(0);
        assertTrue(grants(replica, replica.asksForVote(1, 4, new Position(3, 9))));
        assertFalse(grants(replica, replica.asksForVote(2, 4, new Position(3, 9))));
        assertTrue(grants(replica, replica.asksForVote(1, 4, new Position(3, 9))));
        assertTrue(grants(replica, replica.asksForVote(2, 5, new Position(3, 9))), "a new term is a new vote");
    }

    /** §5.2, Figure 2: the vote is on stable storage before the answer, so that a restart does not give it again. */
    @Test
    void s5_2_aVoteIsNotGivenAgainAfterARestart() {
        LoneReplica replica = inTerm3(0);
        Effects effects = replica.core().step(replica.asksForVote(1, 4, new Position(3, 9)));
        assertEquals(new HardState(4, 1), effects.hardState());
        replica.perform(effects);
        LoneReplica again = replica.restarted();
        assertFalse(grants(again, again.asksForVote(2, 4, new Position(3, 9))));
    }

    /** §5.2: a candidate that votes for itself has no vote for another of the same term. */
    @Test
    void s5_2_aCandidateVotesForNobodyElse() {
        LoneReplica replica = inTerm3(0);
        replica.becomesCandidate();
        assertFalse(grants(replica, replica.asksForVote(1, 4, new Position(3, 9))));
    }

    /** §5.2: a candidate wins with the votes of a majority of the full set, each voter counted once. */
    @Test
    void s5_2_aMajorityElectsAndLessDoesNot() {
        LoneReplica replica = new LoneReplica(0, 5, 1, TERM_3, 1);
        replica.becomesCandidate();
        replica.step(replica.vote(1, true));
        replica.step(replica.vote(1, true));
        replica.step(replica.vote(2, false));
        replica.step(new VoteResponse(3, 0, 3, true));
        assertEquals(Role.CANDIDATE, replica.core().role(), "two votes of five, one of them doubled, one of before");
        replica.step(replica.vote(4, true));
        assertEquals(Role.LEADER, replica.core().role());
        assertEquals(0, replica.core().leader());
    }

    /** §5.2: once it has won, it tells all others at once, to prevent new elections. */
    @Test
    void s5_2_aNewLeaderIsHeardByAllAtOnce() {
        LoneReplica replica = new LoneReplica(2, 5, 1, TERM_3, 1);
        List<AppendRequest> sent = all(AppendRequest.class, replica.becomesLeader());
        assertEquals(List.of(0, 1, 3, 4), sent.stream().map(AppendRequest::to).toList());
        assertTrue(sent.stream().allMatch(request -> request.term() == 4));
    }

    /** §5.2: a candidate that hears a leader of a term at least as large takes it for legitimate and follows. */
    @Test
    void s5_2_aCandidateFollowsALeaderOfItsTermOrALaterOne() {
        for (long term : new long[] {4, 5}) {
            LoneReplica replica = inTerm3(0);
            replica.becomesCandidate();
            replica.step(replica.entries(2, term, new Position(1, 1), 0));
            assertEquals(Role.FOLLOWER, replica.core().role());
            assertEquals(2, replica.core().leader());
            assertEquals(term, replica.core().term());
        }
    }

    /** §5.2: from a leader of a smaller term it takes nothing and stays a candidate. */
    @Test
    void s5_2_aCandidateRejectsALeaderOfAnEarlierTerm() {
        LoneReplica replica = inTerm3(0);
        replica.becomesCandidate();
        List<Message> sent = replica.step(replica.entries(2, 3, new Position(1, 1), 0));
        assertFalse(one(AppendResponse.class, sent).accepted());
        replica.step(replica.heartbeat(2, 3));
        assertEquals(Role.CANDIDATE, replica.core().role());
    }

    /** §5.2: with votes split, each candidate times out and begins another election in a further term. */
    @Test
    void s5_2_aSplitVoteEndsInAnotherElection() {
        LoneReplica replica = inTerm3(0);
        replica.becomesCandidate();
        replica.step(replica.vote(1, false));
        replica.step(replica.vote(2, false));
        assertEquals(
                2, all(PreVoteRequest.class, replica.tick(2 * ELECTION_TICKS)).size());
        replica.step(new PreVoteResponse(1, 0, 4, 5, true));
        assertEquals(Role.CANDIDATE, replica.core().role());
        assertEquals(new HardState(5, 0), replica.saved());
    }

    /** §5.2: time-outs are drawn at random from a fixed interval, anew for each election. */
    @Test
    void s5_2_timeoutsAreSpreadOverTheInterval() {
        Set<Integer> first = new HashSet<>();
        boolean redrawn = false;
        for (long seed = 1; seed <= 200; seed++) {
            LoneReplica replica = new LoneReplica(0, 3, seed, TERM_3, 1);
            int ticks = replica.ticksUntilItStands();
            first.add(ticks);
            replica.step(replica.heartbeat(1, 3));
            int second = replica.ticksUntilItStands();
            redrawn |= second != ticks;
            assertTrue(second >= ELECTION_TICKS && second < 2 * ELECTION_TICKS, "seed " + seed);
        }
        Set<Integer> interval = new HashSet<>();
        for (int ticks = ELECTION_TICKS; ticks < 2 * ELECTION_TICKS; ticks++) {
            interval.add(ticks);
        }
        assertEquals(interval, first);
        assertTrue(redrawn);
    }

    // ---- §5.4.1 who may be elected ---------------------------------------------------------------------------------

    /** §5.4.1: no vote for a log less up to date than the voter's: the later last term wins, then the longer log. */
    @Test
    void s5_4_1_votesOnlyForALogAtLeastAsUpToDate() {
        for (Position behind : List.of(Position.NONE, new Position(1, 9), new Position(2, 2))) {
            LoneReplica voter = new LoneReplica(0, 3, 1, TERM_3, 1, 1, 2);
            assertFalse(grants(voter, voter.asksForVote(1, 4, behind)), () -> "last is " + behind);
            assertEquals(new HardState(4, HardState.NOBODY), voter.saved(), "the term is taken all the same");
        }
        for (Position ahead : List.of(new Position(2, 3), new Position(2, 4), new Position(3, 1))) {
            LoneReplica voter = new LoneReplica(0, 3, 1, TERM_3, 1, 1, 2);
            assertTrue(grants(voter, voter.asksForVote(1, 4, ahead)), () -> "last is " + ahead);
        }
    }
}
