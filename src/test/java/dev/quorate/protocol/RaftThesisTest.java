package dev.quorate.protocol;

import static dev.quorate.protocol.LoneReplica.ELECTION_TICKS;
import static dev.quorate.protocol.LoneReplica.all;
import static dev.quorate.protocol.LoneReplica.appendTo;
import static dev.quorate.protocol.LoneReplica.one;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.TimeoutNow;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Message.VoteResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What Ongaro's thesis (2014) adds to the paper on elections and leaders, a test a sentence: handing over, a leader heard
 * lately, check quorum, pre-vote. § is the thesis's.
 */
class RaftThesisTest {
    private static final HardState TERM_3 = new HardState(3, HardState.NOBODY);

    private static LoneReplica inTerm3(int self) {
        return new LoneReplica(self, 3, 1, TERM_3, 1);
    }

    private static boolean grants(LoneReplica replica, VoteRequest request) {
        return one(VoteResponse.class, replica.step(request)).granted();
    }

    private static boolean promises(LoneReplica replica, PreVoteRequest request) {
        return one(PreVoteResponse.class, replica.step(request)).granted();
    }

    // ---- §3.10 handing over ---------------------------------------------------------------------------------

    private static LoneReplica leaderThatHandsOverTo1(boolean targetHoldsAll) {
        LoneReplica leader = inTerm3(0);
        AppendRequest noOp = appendTo(1, leader.becomesLeader());
        leader.sync();
        leader.step(leader.accepts(noOp));
        if (!targetHoldsAll) {
            leader.append();
        }
        leader.perform(leader.core().transfer(1, Reason.REQUESTED));
        return leader;
    }

    /** §3.10: the leader that hands over takes no new requests. */
    @Test
    void s3_10_noWritesWhileHandingOver() {
        LoneReplica leader = leaderThatHandsOverTo1(true);
        assertEquals(1, leader.core().transferTarget());
        assertFalse(leader.core().takesWrites());
    }

    /** §3.10: the target is told to stand when its log is the leader's, and not before; and once. */
    @Test
    void s3_10_theTargetIsToldOnceItHoldsTheWholeLog() {
        LoneReplica behind = leaderThatHandsOverTo1(false);
        assertEquals(
                List.of(), all(TimeoutNow.class, behind.perform(behind.core().handOver(false))));

        LoneReplica leader = leaderThatHandsOverTo1(true);
        List<Message> sent = leader.perform(leader.core().handOver(false));
        assertEquals(new TimeoutNow(0, 1, 4), one(TimeoutNow.class, sent));
        assertEquals(
                List.of(), all(TimeoutNow.class, leader.perform(leader.core().handOver(false))));
    }

    /** §3.10: the target begins an election without waiting for a time-out; no pre-vote could be won. */
    @Test
    void s3_10_theTargetStandsAtOnce() {
        LoneReplica target = inTerm3(1);
        target.step(target.heartbeat(0, 3));
        List<Message> sent = target.step(new TimeoutNow(0, 1, 3));
        assertEquals(Role.CANDIDATE, target.core().role());
        assertEquals(new HardState(4, 1), target.saved());
        assertEquals(
                2,
                all(VoteRequest.class, sent).stream()
                        .filter(VoteRequest::transfer)
                        .count());
    }

    /** §3.10: only the leader of this term may say so. */
    @Test
    void s3_10_anotherThanTheLeaderIsNotObeyed() {
        LoneReplica target = inTerm3(1);
        target.step(target.heartbeat(0, 3));
        target.step(new TimeoutNow(2, 1, 3));
        target.step(new TimeoutNow(0, 1, 2));
        assertEquals(Role.FOLLOWER, target.core().role());
        assertEquals(TERM_3, target.saved());
    }

    /** §3.10: not done within an election time-out, it is given up and requests are taken again. */
    @Test
    void s3_10_aTransferIsGivenUpAfterAnElectionTimeout() {
        LoneReplica leader = leaderThatHandsOverTo1(true);
        leader.perform(leader.core().handOver(false));
        leader.tick(ELECTION_TICKS - 1);
        assertFalse(leader.core().takesWrites());
        leader.tick(1);
        assertTrue(leader.core().takesWrites());
        assertEquals(-1, leader.core().transferTarget());
    }

    // ---- §4.2.3 a leader heard lately; §6.2 check quorum ----------------------------------------------------

    /** §4.2.3: within the least election time-out of hearing a leader no vote is given and no term taken. */
    @Test
    void s4_2_3_noVoteAndNoTermWhileALeaderIsHeard() {
        LoneReplica replica = inTerm3(0);
        replica.step(replica.heartbeat(1, 3));
        replica.tick(ELECTION_TICKS - 1);
        assertFalse(grants(replica, replica.asksForVote(2, 8, new Position(3, 9))));
        assertEquals(TERM_3, replica.saved());
        assertEquals(1, replica.core().leader());
        replica.tick(1);
        assertTrue(grants(replica, replica.asksForVote(2, 8, new Position(3, 9))));
        assertEquals(new HardState(8, 2), replica.saved());
    }

    /** §4.2.3: a leader is not deposed by a vote request either. */
    @Test
    void s4_2_3_aLeaderIsNotDisruptedByAVoteRequest() {
        LoneReplica leader = inTerm3(0);
        leader.becomesLeader();
        assertFalse(grants(leader, leader.asksForVote(2, 8, new Position(3, 9))));
        assertEquals(Role.LEADER, leader.core().role());
        assertEquals(4, leader.core().term());
    }

    /** §4.2.3: a request that the leader itself wanted is answered though the leader is heard. */
    @Test
    void s4_2_3_aTransferIsNoDisruption() {
        LoneReplica replica = inTerm3(0);
        replica.step(replica.heartbeat(1, 3));
        assertTrue(grants(replica, new VoteRequest(2, 0, 4, new Position(3, 9), true)));
    }

    /** §6.2: a leader steps down when an election time-out passes without a round by a majority. */
    @Test
    void s6_2_aLeaderWithoutAMajorityStepsDown() {
        LoneReplica leader = new LoneReplica(0, 5, 1, TERM_3, 1);
        leader.becomesLeader();
        for (int i = 0; i < ELECTION_TICKS; i++) {
            leader.tick(1);
            leader.step(leader.confirms(1, 1));
        }
        assertEquals(Role.LEADER, leader.core().role());
        leader.tick(1);
        assertEquals(Role.FOLLOWER, leader.core().role(), "two of five are no majority");
        assertEquals(4, leader.core().term());
    }

    /** §6.2: as long as a majority answers it goes on. */
    @Test
    void s6_2_aLeaderThatAMajorityAnswersGoesOn() {
        LoneReplica leader = new LoneReplica(0, 5, 1, TERM_3, 1);
        leader.becomesLeader();
        for (int i = 0; i < 10; i++) {
            leader.tick(ELECTION_TICKS);
            leader.step(leader.confirms(1, 1));
            leader.step(new HeartbeatResponse(3, 0, 4, 1, 0, 0, true));
        }
        assertEquals(Role.LEADER, leader.core().role());
    }

    // ---- §9.6 pre-vote --------------------------------------------------------------------------------------

    /** §9.6: asking first raises no term, however often; only a majority that would vote does. */
    @Test
    void s9_6_aReplicaThatIsCutOffKeepsItsTerm() {
        LoneReplica replica = new LoneReplica(0, 5, 1, TERM_3, 1);
        List<Message> sent = replica.tick(20 * ELECTION_TICKS);
        assertTrue(all(PreVoteRequest.class, sent).size() >= 8, "it asked all four more than once");
        replica.step(new PreVoteResponse(1, 0, 3, 4, true));
        replica.step(new PreVoteResponse(1, 0, 3, 4, true));
        replica.step(new PreVoteResponse(2, 0, 3, 4, false));
        assertEquals(Role.PRE_CANDIDATE, replica.core().role());
        assertEquals(TERM_3, replica.saved());
        replica.step(new PreVoteResponse(3, 0, 3, 4, true));
        assertEquals(Role.CANDIDATE, replica.core().role());
        assertEquals(new HardState(4, 0), replica.saved());
    }

    /** §9.6: being asked changes neither term nor vote, so that another may still get it. */
    @Test
    void s9_6_aPromiseChangesNoTermAndIsNoVote() {
        LoneReplica replica = inTerm3(0);
        assertTrue(promises(replica, new PreVoteRequest(1, 0, 8, new Position(3, 9))));
        assertEquals(TERM_3, replica.saved());
        assertTrue(promises(replica, new PreVoteRequest(2, 0, 8, new Position(3, 9))));
        assertTrue(grants(replica, replica.asksForVote(2, 4, new Position(3, 9))));
    }

    /** §9.6: promised only if the log is up to date and no leader was heard within the least time-out. */
    @Test
    void s9_6_noPromiseToALogBehindOrWhileALeaderIsHeard() {
        LoneReplica replica = new LoneReplica(0, 3, 1, TERM_3, 1, 1, 2);
        assertFalse(promises(replica, new PreVoteRequest(1, 0, 8, new Position(1, 9))));
        replica.step(replica.heartbeat(2, 3));
        PreVoteRequest upToDate = new PreVoteRequest(1, 0, 8, new Position(2, 3));
        assertFalse(promises(replica, upToDate));
        replica.tick(ELECTION_TICKS);
        assertTrue(promises(replica, upToDate));
    }
}
