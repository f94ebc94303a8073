package dev.quorate.protocol;

import static dev.quorate.protocol.LoneReplica.ELECTION_TICKS;
import static dev.quorate.protocol.LoneReplica.all;
import static dev.quorate.protocol.LoneReplica.appendTo;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Message.Admission;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules of protocol.md §6 that neither paper nor thesis has: late ticks, who is handed over to, joining, recovery. */
class BeyondRaftTest {
    private static final long INCARNATION = 77;

    /** That this process did not get to run does not make the leader dead. */
    @Test
    void aLateTickCountsAsOneHeartbeatForAFollower() {
        LoneReplica follower = new LoneReplica(0, 3, 1);
        follower.step(follower.heartbeat(1, 1));
        for (int late = 0; late < ELECTION_TICKS - 1; late++) {
            follower.perform(follower.core().tick(100 * ELECTION_TICKS));
        }
        assertEquals(Role.FOLLOWER, follower.core().role());
        assertEquals(1, follower.core().leader());
    }

    /** It may have served for all that time without knowing that another leads. */
    @Test
    void aLateTickCountsInFullForALeader() {
        LoneReplica leader = new LoneReplica(0, 3, 1);
        leader.becomesLeader();
        leader.perform(leader.core().tick(ELECTION_TICKS + 1));
        assertEquals(Role.FOLLOWER, leader.core().role());
    }

    /** The same replica may lead again, and take the answer for one to a round of its own. */
    @Test
    void aRoundOfAnOlderTermConfirmsNothing() {
        LoneReplica follower = new LoneReplica(1, 3, 1);
        follower.step(follower.heartbeat(0, 5));
        List<Message> answers = follower.step(new Heartbeat(0, 1, 4, 21, 0, 0, 0));
        HeartbeatResponse answer = all(HeartbeatResponse.class, answers).get(0);
        assertEquals(5, answer.term());
        assertEquals(0, answer.round());
    }

    /** protocol.md §4: what each had answered before the round that is confirmed by now, and the last index then. */
    @Test
    void heartbeatsNameTheAnswersThatCameBeforeAConfirmedRound() {
        LoneReplica leader = new LoneReplica(0, 3, 1);
        leader.becomesLeader();
        leader.sync();
        List<Heartbeat> first = round(leader);
        leader.step(leader.confirms(1, first.get(0).round()));
        leader.append();
        List<Heartbeat> second = round(leader);
        assertNames(0, 2, second);
        leader.step(leader.confirms(2, second.get(0).round()));
        // When the second was sent follower 1 had answered the first, follower 2 nothing, and the log ended at 3.
        List<Heartbeat> third = round(leader);
        assertEquals(first.get(0).round(), third.get(0).provenRound());
        assertEquals(0, third.get(1).provenRound());
        assertEquals(3, third.get(0).provenIndex());
    }

    private static List<Heartbeat> round(LoneReplica leader) {
        leader.core().askRound();
        return all(Heartbeat.class, leader.perform(leader.core().sendRound()));
    }

    private static void assertNames(long round, long index, List<Heartbeat> beats) {
        for (Heartbeat beat : beats) {
            assertEquals(round, beat.provenRound());
            assertEquals(index, beat.provenIndex());
        }
    }

    @Test
    void whoCountsAndAnsweredLatelyAndHoldsMostIsHandedOverTo() {
        LoneReplica leader = new LoneReplica(0, 4, 1);
        List<Message> noOps = leader.becomesLeader();
        leader.sync();
        assertEquals(-1, leader.core().bestTarget(replica -> true), "nobody has answered");
        leader.step(leader.confirms(1, 0));
        assertEquals(1, leader.core().bestTarget(replica -> true));
        leader.step(leader.accepts(appendTo(2, noOps)));
        assertEquals(2, leader.core().bestTarget(replica -> true), "it holds more");
        assertEquals(1, leader.core().bestTarget(replica -> replica != 2), "of those allowed");
        AppendRequest third = appendTo(3, noOps);
        leader.step(new AppendResponse(3, 0, leader.core().term(), third.sequence(), true, 2, false));
        assertEquals(1, leader.core().bestTarget(replica -> replica != 2), "a joining one does not count");
        for (int tick = 0; tick <= ELECTION_TICKS; tick++) {
            leader.tick(1);
            leader.step(leader.confirms(1, 0));
            leader.step(leader.confirms(3, 0));
        }
        assertEquals(1, leader.core().bestTarget(replica -> replica != 3), "2 is silent");
    }

    /** It may have lost what it had synced under {@code interval}; the leader counts what is there. */
    @Test
    void aMatchIndexMayGoBack() {
        LoneReplica leader = new LoneReplica(0, 3, 1);
        AppendRequest first = appendTo(1, leader.becomesLeader());
        leader.sync();
        leader.step(leader.accepts(first));
        assertEquals(2, leader.core().matchIndex(1));
        AppendRequest next = appendTo(1, leader.append());
        leader.step(new AppendResponse(1, 0, leader.core().term(), next.sequence(), true, 1, true));
        assertEquals(1, leader.core().matchIndex(1));
        assertEquals(2, leader.core().commitIndex(), "what was committed is");
    }

    // ---- joining ---------------------------------------------------------------------------------------------------

    private static List<Message> heartbeats(LoneReplica leader) {
        return leader.tick(1);
    }

    /** The leader heard of a new directory, and appended the entry that admits it. Returns what it sent before. */
    private static List<Message> admits(LoneReplica leader, int replica) {
        Effects effects = leader.core().joinerHeard(replica, INCARNATION);
        assertNotNull(effects.appendAdmit());
        List<Message> sent = leader.perform(effects);
        leader.append();
        leader.core().admitAppended(replica, leader.terms().length);
        leader.sync();
        return sent;
    }

    /** A replica takes what was sent, and all that follows. */
    private static void catchesUp(LoneReplica leader, int replica, boolean counts, List<Message> sent) {
        List<AppendRequest> requests = all(AppendRequest.class, sent);
        while (!requests.isEmpty()) {
            AppendRequest request = appendTo(replica, List.copyOf(requests));
            long last = request.entries().lastIndex();
            requests = all(
                    AppendRequest.class,
                    leader.step(new AppendResponse(
                            replica, 0, leader.core().term(), request.sequence(), true, last, counts)));
        }
    }

    @Test
    void aNewDirectoryNoLongerCountsForWhatTheOldOneHeld() {
        LoneReplica leader = new LoneReplica(0, 3, 1);
        List<Message> noOps = leader.becomesLeader();
        leader.sync();
        leader.step(leader.accepts(appendTo(1, noOps)));
        assertEquals(2, leader.core().matchIndex(1));
        leader.core().joinerHeard(1, INCARNATION);
        assertEquals(0, leader.core().matchIndex(1));
    }

    @Test
    void itIsToldThatItCountsOnlyOnceHalfOfAllAsOthersHoldTheEntry() {
        LoneReplica leader = new LoneReplica(0, 3, 1);
        AppendRequest toOther = appendTo(2, leader.becomesLeader());
        leader.sync();
        catchesUp(leader, 1, false, admits(leader, 1));
        long index = leader.terms().length;
        assertTrue(all(Admission.class, heartbeats(leader)).isEmpty(), "the leader alone is not two others");
        catchesUp(leader, 2, true, List.of(toOther));
        List<Admission> told = all(Admission.class, heartbeats(leader));
        assertEquals(List.of(new Admission(0, 1, leader.core().term(), INCARNATION, index)), told);
        leader.step(leader.confirms(1, Long.MAX_VALUE - 1));
        assertTrue(all(Admission.class, heartbeats(leader)).isEmpty(), "it answers as one that counts");
        assertEquals(index, leader.core().matchIndex(1));
    }

    // ---- recovery --------------------------------------------------------------------------------------------------

    @Test
    void aRecoveredLeaderCountsAndAdmitsOnceAllOthersHoldItsLog() {
        LoneReplica leader = LoneReplica.recovered(3, 1, 1);
        leader.perform(leader.core().leadRecovered());
        leader.sync();
        List<Message> toOne = admits(leader, 1);
        List<Message> toTwo = admits(leader, 2);
        catchesUp(leader, 1, false, toOne);
        assertTrue(all(Admission.class, heartbeats(leader)).isEmpty(), "replica 2 has nothing yet");
        assertFalse(leader.core().isMember());
        catchesUp(leader, 2, false, toTwo);
        assertEquals(2, all(Admission.class, heartbeats(leader)).size());
        assertTrue(leader.core().isMember());
        assertEquals(0, leader.core().commitIndex(), "nobody counts before it answered so");
        leader.step(leader.confirms(1, Long.MAX_VALUE - 1));
        assertEquals(leader.terms().length, leader.core().commitIndex());
    }

    /** protocol.md §8: never a word too late, and never a refusal that is sent for ever. */
    @Test
    void anEntryThatIsCommittedAndIsAnotherInTheLeadersLogEndsTheReplicaWithItsIndex() {
        LoneReplica follower = new LoneReplica(1, 3, 1, 1, 1);
        follower.step(follower.entries(0, 1, new Position(1, 2), 2, 1L));
        assertEquals(2, follower.core().commitIndex());
        CommittedConflict conflict = assertThrows(
                CommittedConflict.class, () -> follower.step(follower.entries(2, 3, new Position(1, 1), 0, 3L)));
        assertTrue(String.valueOf(conflict.getMessage()).contains("entry 2,"), conflict.getMessage());
        LoneReplica refusing = new LoneReplica(1, 3, 1, 1, 1);
        refusing.step(refusing.entries(0, 1, new Position(1, 2), 2, 1L));
        assertThrows(CommittedConflict.class, () -> refusing.step(refusing.entries(2, 3, new Position(3, 2), 0, 3L)));
    }

    /** What is not known to be committed is taken back, as Raft says. */
    @Test
    void anEntryAboveTheCommitIndexIsTakenBack() {
        LoneReplica follower = new LoneReplica(1, 3, 1, 1, 1);
        follower.step(follower.entries(0, 1, new Position(1, 2), 2, 1L));
        follower.step(follower.entries(2, 3, new Position(1, 2), 0, 3L));
        assertArrayEquals(new long[] {1, 1, 3}, follower.terms());
    }
}
