package dev.quorate.protocol;

import static dev.quorate.protocol.LoneReplica.all;
import static dev.quorate.protocol.LoneReplica.appendTo;
import static dev.quorate.protocol.LoneReplica.one;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What Raft says of the log, of commitment and of reads, a test a sentence: § without more is the extended paper, else
 * Ongaro's thesis. Elections are {@link RaftPaperTest}'s and {@link RaftThesisTest}'s.
 */
class RaftPaperLogTest {
    private static AppendResponse answer(LoneReplica replica, AppendRequest request) {
        return one(AppendResponse.class, replica.step(request));
    }

    private static void assertTerms(LoneReplica replica, long... terms) {
        assertArrayEquals(terms, replica.terms());
    }

    // ---- §5.3 a follower -------------------------------------------------------------------------------------------

    /** §5.3: a follower without the entry before the new ones refuses them. */
    @Test
    void s5_3_refusesEntriesBehindAGap() {
        LoneReplica follower = new LoneReplica(1, 3, 1, 1);
        AppendResponse answer = answer(follower, follower.entries(0, 2, new Position(2, 4), 0, 2L));
        assertFalse(answer.accepted());
        assertEquals(2, answer.matchIndex(), "the leader may go back to this log's end at once");
        assertTerms(follower, 1, 1);
    }

    /** §5.3: so does one whose entry there has another term, and it names the first index of that term. */
    @Test
    void s5_3_refusesEntriesBehindAnotherTermsAndNamesWhereThatBegins() {
        LoneReplica follower = new LoneReplica(1, 3, 1, 1, 2, 2, 2);
        AppendResponse answer = answer(follower, follower.entries(0, 4, new Position(3, 5), 0, 4L));
        assertFalse(answer.accepted());
        assertEquals(2, answer.matchIndex(), "the entry before the first of term 2");
        assertTerms(follower, 1, 1, 2, 2, 2);
    }

    /** §5.3, Figure 2: an entry that conflicts goes with all that follow it; those before it stay. */
    @Test
    void s5_3_aConflictRemovesTheEntryAndAllBehindIt() {
        LoneReplica follower = new LoneReplica(1, 3, 1, 1, 2, 2, 2);
        assertTrue(answer(follower, follower.entries(0, 4, new Position(1, 1), 0, 1L, 4L))
                .accepted());
        assertTerms(follower, 1, 1, 4);
    }

    /** §5.3, Figure 2: without a conflict nothing is removed: a late request is a prefix of what is there. */
    @Test
    void s5_3_aLateRequestRemovesNothing() {
        LoneReplica follower = new LoneReplica(1, 3, 2, 2, 2);
        Effects effects = follower.core().step(follower.entries(0, 2, Position.NONE, 0, 2L));
        assertEquals(null, effects.logChange());
        assertEquals(1, one(AppendResponse.class, follower.perform(effects)).matchIndex(), "no more than it was sent");
        assertTerms(follower, 2, 2, 2);
    }

    /** §5.3, Figure 2: entries that the log does not have yet are appended, and nothing is truncated for them. */
    @Test
    void s5_3_newEntriesAtTheEndTruncateNothing() {
        LoneReplica follower = new LoneReplica(1, 3, 1);
        AppendRequest request = follower.entries(0, 2, new Position(1, 1), 0, 2L);
        Effects effects = follower.core().step(request);
        assertEquals(new Effects.LogChange(0, request.entries(), 0), effects.logChange());
        assertFalse(effects.events().stream().anyMatch(CoreEvent.Truncated.class::isInstance));
    }

    /** §5.3, §5.5: the same request twice does as much as once. */
    @Test
    void s5_3_aRepeatedRequestChangesNothing() {
        LoneReplica follower = new LoneReplica(1, 3, 1);
        AppendRequest request = follower.entries(0, 2, new Position(1, 1), 0, 2L, 2L);
        assertEquals(3, answer(follower, request).matchIndex());
        assertEquals(3, answer(follower, request).matchIndex());
        assertTerms(follower, 1, 2, 2);
    }

    /** Figure 2: entries are on stable storage before the answer that promises them. */
    @Test
    void s5_3_theAnswerWaitsForTheSync() {
        LoneReplica follower = new LoneReplica(1, 3, 1);
        Effects effects = follower.core().step(follower.entries(0, 2, new Position(1, 1), 0, 2L, 2L));
        assertEquals(List.of(), all(AppendResponse.class, effects.sendNow()));
        assertEquals(1, effects.sendAfterSync().size());
        assertEquals(3, effects.sendAfterSync().get(0).syncedIndex());
    }

    /** §5.3, Figure 2: a follower commits what the leader committed, up to the last entry it got from it. */
    @Test
    void s5_3_aFollowerCommitsNoFurtherThanWhatItGot() {
        LoneReplica follower = new LoneReplica(1, 3, 1, 1, 1);
        follower.step(follower.entries(0, 2, new Position(1, 1), 3, 1L));
        assertEquals(2, follower.core().commitIndex(), "the third may be another history's");
        follower.step(follower.entries(0, 2, new Position(1, 2), 3, 2L));
        assertEquals(3, follower.core().commitIndex());
        assertTerms(follower, 1, 1, 2);
    }

    /** Figure 2: the commit index never goes back, and a heartbeat alone commits nothing that was not matched. */
    @Test
    void s5_3_aHeartbeatCommitsOnlyWhatWasMatchedWithThisLeader() {
        LoneReplica follower = new LoneReplica(1, 3, 1, 1);
        follower.step(new Heartbeat(0, 1, 2, 1, 2, 0, 0));
        assertEquals(0, follower.core().commitIndex());
        follower.step(follower.entries(0, 2, new Position(1, 2), 0));
        follower.step(new Heartbeat(0, 1, 2, 2, 2, 0, 0));
        assertEquals(2, follower.core().commitIndex());
        follower.step(new Heartbeat(0, 1, 2, 3, 1, 0, 0));
        assertEquals(2, follower.core().commitIndex());
        follower.step(follower.entries(0, 2, new Position(1, 2), 2, 2L));
        follower.step(new Heartbeat(2, 1, 3, 1, 3, 0, 0));
        assertEquals(2, follower.core().commitIndex(), "what matched an earlier leader says nothing of this one");
    }

    // ---- §5.3 a leader ---------------------------------------------------------------------------------------------

    /** §5.3: a new leader begins behind the last entry of its log, and sends along what stands before. */
    @Test
    void s5_3_aNewLeaderBeginsBehindItsLog() {
        LoneReplica leader = new LoneReplica(0, 3, 1, 2, 2);
        AppendRequest request = appendTo(1, leader.becomesLeader());
        assertEquals(new Position(2, 3), request.previous());
        assertEquals(4, request.entries().firstIndex());
        assertEquals(3, request.entries().term(0));
    }

    /** §5.3: refused, it goes back to where the follower asked, at least by one entry, and tries again. */
    @Test
    void s5_3_aRefusalTakesTheLeaderBack() {
        LoneReplica leader = new LoneReplica(0, 3, 1, 1, 2, 2);
        AppendRequest first = appendTo(1, leader.becomesLeader());
        AppendRequest second = appendTo(1, leader.step(leader.refuses(first, 9)));
        assertEquals(new Position(2, 3), second.previous(), "a hint that does not help: by one");
        AppendRequest third = appendTo(1, leader.step(leader.refuses(second, 1)));
        assertEquals(new Position(1, 1), third.previous());
        AppendRequest last = appendTo(1, leader.step(leader.refuses(third, 0)));
        assertEquals(Position.NONE, last.previous());
    }

    /** §5.3: one refusal for each conflicting term, not one for each entry; in the end the logs are the same. */
    @Test
    void s5_3_oneRefusalForEachConflictingTerm() {
        LoneReplica leader = new LoneReplica(0, 3, 1, 1, 4, 4, 4, 4, 4, 4);
        LoneReplica follower = new LoneReplica(1, 3, 1, 1, 2, 2, 2, 3, 3, 3, 3);
        List<AppendRequest> next = List.of(appendTo(1, leader.becomesLeader()));
        int refusals = 0;
        while (!next.isEmpty()) {
            AppendResponse answer = answer(follower, next.get(0));
            follower.sync();
            refusals += answer.accepted() ? 0 : 1;
            next = all(AppendRequest.class, leader.step(answer));
        }
        assertEquals(2, refusals, "terms 3 and 2");
        assertTerms(follower, 1, 1, 4, 4, 4, 4, 4, 4, 5);
        assertTerms(leader, 1, 1, 4, 4, 4, 4, 4, 4, 5);
    }

    /** §5.3: a leader never removes or overwrites an entry of its own log. */
    @Test
    void s5_3_aLeaderOnlyAppends() {
        LoneReplica leader = new LoneReplica(0, 3, 1, 1, 2);
        AppendRequest request = appendTo(1, leader.becomesLeader());
        leader.step(leader.entries(2, 2, new Position(1, 1), 0, 2L));
        leader.step(leader.refuses(request, 0));
        assertEquals(Role.LEADER, leader.core().role());
        assertTerms(leader, 1, 1, 2, 3);
    }

    /** §5.3: an append that got no answer is sent again. */
    @Test
    void s5_3_anAppendWithoutAnAnswerIsRetried() {
        LoneReplica leader = new LoneReplica(0, 3, 1);
        AppendRequest lost = appendTo(1, leader.becomesLeader());
        leader.core().appendFailed(lost);
        AppendRequest again = appendTo(1, leader.perform(leader.core().resume(1)));
        assertEquals(lost.previous(), again.previous());
        assertEquals(lost.entries(), again.entries());
    }

    /** §5.3: an entry is committed once a majority stored it, the leader's own disk one of them. */
    @Test
    void s5_3_committedOnceAMajorityStoredIt() {
        LoneReplica leader = new LoneReplica(0, 5, 1);
        List<Message> sent = leader.becomesLeader();
        leader.step(leader.accepts(appendTo(1, sent)));
        leader.step(leader.accepts(appendTo(2, sent)));
        assertEquals(0, leader.core().commitIndex(), "two of five have it synced, the leader not yet");
        leader.sync();
        assertEquals(2, leader.core().commitIndex());

        LoneReplica other = new LoneReplica(0, 5, 1);
        List<Message> noOps = other.becomesLeader();
        other.sync();
        other.step(other.accepts(appendTo(1, noOps)));
        assertEquals(0, other.core().commitIndex(), "two of five are no majority");
        other.step(other.accepts(appendTo(4, noOps)));
        assertEquals(2, other.core().commitIndex());
    }

    /** Figure 2: what a follower has is known from its accepting answers; a doubled or old one adds nothing. */
    @Test
    void s5_3_theMatchIndexComesFromAnswersToWhatWasAskedLast() {
        LoneReplica leader = new LoneReplica(0, 3, 1);
        AppendRequest first = appendTo(1, leader.becomesLeader());
        leader.sync();
        assertEquals(0, leader.core().matchIndex(1));
        leader.step(leader.accepts(first));
        assertEquals(2, leader.core().matchIndex(1));
        AppendRequest second = appendTo(1, leader.append());
        leader.step(leader.refuses(first, 0));
        assertEquals(2, leader.core().matchIndex(1), "a late answer to another request");
        leader.step(leader.accepts(second));
        assertEquals(3, leader.core().matchIndex(1));
    }

    /** §5.3: later messages carry the commit index, so that followers learn of it. */
    @Test
    void s5_3_followersLearnTheCommitIndex() {
        LoneReplica leader = new LoneReplica(0, 3, 1);
        AppendRequest first = appendTo(1, leader.becomesLeader());
        leader.sync();
        leader.step(leader.accepts(first));
        assertEquals(2, appendTo(1, leader.append()).commitIndex());
        assertEquals(2, all(Heartbeat.class, leader.tick(1)).get(0).commitIndex());
    }

    // ---- §5.4.2 entries of earlier terms ---------------------------------------------------------------------------

    /** §5.4.2, Figure 8: an earlier term's entry is not committed by counting; one of this term's commits it too. */
    @Test
    void s5_4_2_anEarlierTermsEntryIsNotCommittedByCounting() {
        LoneReplica leader = new LoneReplica(0, 3, 1, new HardState(3, HardState.NOBODY), 1, 2);
        AppendRequest request = appendTo(1, leader.becomesLeader());
        leader.sync();
        request = appendTo(1, leader.step(leader.refuses(request, 1)));
        assertEquals(2, request.entries().lastIndex());
        request = appendTo(1, leader.step(leader.accepts(request)));
        assertEquals(2, leader.core().matchIndex(1), "the entry of term 2 is on two of three");
        assertEquals(0, leader.core().commitIndex());
        leader.step(leader.accepts(request));
        assertEquals(3, leader.core().commitIndex());
    }

    // ---- §8 and thesis §6.4 reads ----------------------------------------------------------------------------------

    /** §8: a leader opens its term with an entry that does nothing, and knows what is committed once that is. */
    @Test
    void s8_aLeaderOpensItsTermWithANoOp() {
        LoneReplica leader = new LoneReplica(0, 3, 1, 1);
        leader.becomesCandidate();
        Effects won = leader.core().step(leader.vote(1, true));
        assertTrue(won.appendNoOp());
        assertFalse(leader.core().takesWrites(), "not before the no-op is in the log");
        AppendRequest request = appendTo(1, leader.perform(won));
        assertTrue(leader.core().takesWrites());
        assertEquals(3, leader.core().noOpIndex());
        leader.sync();
        assertTrue(leader.core().commitIndex() < leader.core().noOpIndex(), "what it inherited may not be committed");
        leader.step(leader.accepts(request));
        assertEquals(3, leader.core().commitIndex());
    }

    private static LoneReplica leaderOfFive() {
        LoneReplica leader = new LoneReplica(0, 5, 1);
        leader.becomesLeader();
        return leader;
    }

    /** §8, thesis §6.4: before a read is answered a majority must have answered a heartbeat. */
    @Test
    void s8_aReadWaitsForAMajorityToConfirmTheLeader() {
        LoneReplica leader = leaderOfFive();
        long round = leader.core().askRound();
        List<Heartbeat> sent = all(Heartbeat.class, leader.perform(leader.core().sendRound()));
        assertEquals(List.of(1, 2, 3, 4), sent.stream().map(Heartbeat::to).toList());
        assertTrue(sent.stream().allMatch(heartbeat -> heartbeat.round() == round));
        leader.step(leader.confirms(1, round));
        leader.step(leader.confirms(1, round));
        assertTrue(leader.core().confirmedRound() < round, "two of five");
        leader.step(leader.confirms(3, round));
        assertEquals(round, leader.core().confirmedRound());
    }

    /** Thesis §6.4: answers to a round sent before the read arrived say nothing of now. */
    @Test
    void thesis6_4_anEarlierRoundDoesNotConfirmALaterRead() {
        LoneReplica leader = leaderOfFive();
        long earlier = leader.core().askRound();
        leader.perform(leader.core().sendRound());
        long round = leader.core().askRound();
        assertTrue(round > earlier);
        for (int follower = 1; follower < 5; follower++) {
            leader.step(leader.confirms(follower, earlier));
        }
        assertEquals(earlier, leader.core().confirmedRound());
    }

    /** Thesis §6.4: reads that gathered share one round. */
    @Test
    void thesis6_4_readsThatGatheredShareARound() {
        LoneReplica leader = leaderOfFive();
        long round = leader.core().askRound();
        assertEquals(round, leader.core().askRound());
        assertEquals(
                4,
                all(Heartbeat.class, leader.perform(leader.core().sendRound())).size());
        assertEquals(List.of(), leader.perform(leader.core().sendRound()));
    }

    /** §8: a leader that another has deposed finds out by the answers, and confirms nothing. */
    @Test
    void s8_aDeposedLeaderConfirmsNoRead() {
        LoneReplica leader = leaderOfFive();
        long round = leader.core().askRound();
        leader.perform(leader.core().sendRound());
        leader.step(leader.confirms(1, round));
        leader.step(new HeartbeatResponse(2, 0, 7, round, 9, 9, true));
        leader.step(leader.confirms(3, round));
        assertEquals(Role.FOLLOWER, leader.core().role());
        assertEquals(0, leader.core().confirmedRound());
        assertEquals(0, leader.core().askRound());
    }
}
