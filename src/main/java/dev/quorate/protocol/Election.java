package dev.quorate.protocol;

import dev.quorate.protocol.CoreEvent.VoteAnswered;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.TimeoutNow;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Message.VoteResponse;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Standing and voting (Raft §5.2, §5.4.1), with pre-vote (thesis §9.6): whoever hears no leader asks first whether it
 * would win, so that a replica that was cut off does not come back with a higher term. A replica that heard a leader
 * within the least election time-out refuses both (thesis §4.2.3), unless that leader itself hands over.
 */
final class Election {
    private final ReplicaCore core;
    private final CoreOptions options;
    private final LogView log;
    private final RandomGenerator random;

    private int elapsedTicks;
    private int timeoutTicks;
    private @Nullable Candidate candidate;

    Election(ReplicaCore core, CoreOptions options, LogView log, RandomGenerator random) {
        this.core = core;
        this.options = options;
        this.log = log;
        this.random = random;
        restartTimer();
    }

    // ---- time ------------------------------------------------------------------------------------------------------

    /** The leader was heard, a vote was given, or a new attempt begins. */
    void restartTimer() {
        elapsedTicks = 0;
        timeoutTicks = options.electionTicks() + random.nextInt(options.electionTicks());
    }

    /** A late tick counts as one heartbeat: that this process was slow does not make the leader dead. */
    void pass(int ticks) {
        elapsedTicks += Math.min(ticks, options.heartbeatTicks());
        if (elapsedTicks >= timeoutTicks) {
            stand(Reason.ELECTION_TIMEOUT);
        }
    }

    /** Whether a leader was heard so lately that nobody else should stand. */
    boolean hearsLeader() {
        return core.role() == Role.LEADER || (core.leader() != -1 && elapsedTicks < options.electionTicks());
    }

    /** Pre-votes change no term, and neither do votes asked for while the leader is heard. */
    boolean mayRaiseTerm(Message message) {
        if (message instanceof PreVoteRequest) {
            return false;
        }
        if (message instanceof VoteRequest request) {
            return options.elects() && (request.transfer() || !hearsLeader());
        }
        return true;
    }

    void forget() {
        candidate = null;
    }

    // ---- standing --------------------------------------------------------------------------------------------------

    /** Asks the others whether they would vote for this replica. */
    void stand(Reason reason) {
        restartTimer();
        core.become(Role.PRE_CANDIDATE, reason);
        candidate = new Candidate(options.self());
        for (int other = 0; other < options.replicas(); other++) {
            if (other != options.self()) {
                core.send(new PreVoteRequest(options.self(), other, core.term(), log.lastPosition()));
            }
        }
        countPreVotes();
    }

    void onPreVoteResponse(PreVoteResponse response) {
        Candidate mine = candidate;
        if (core.role() != Role.PRE_CANDIDATE || mine == null || response.forTerm() != core.term() + 1) {
            core.ignore(response, "not an answer to what is asked now");
        } else if (response.granted()) {
            mine.grantedBy(response.from());
            countPreVotes();
        }
    }

    private void countPreVotes() {
        if (candidate != null && candidate.hasWon(options.majority())) {
            campaign(Reason.PRE_VOTES_WON, false);
        }
    }

    private void campaign(Reason reason, boolean transfer) {
        restartTimer();
        core.save(new HardState(core.term() + 1, options.self()));
        core.become(Role.CANDIDATE, reason);
        candidate = new Candidate(options.self());
        for (int other = 0; other < options.replicas(); other++) {
            if (other != options.self()) {
                core.send(new VoteRequest(options.self(), other, core.term(), log.lastPosition(), transfer));
            }
        }
        countVotes();
    }

    void onVoteResponse(VoteResponse response) {
        Candidate mine = candidate;
        if (core.role() != Role.CANDIDATE || mine == null || response.term() != core.term()) {
            core.ignore(response, "not an answer to this term's candidate");
        } else if (response.granted()) {
            mine.grantedBy(response.from());
            countVotes();
        }
    }

    private void countVotes() {
        if (candidate != null && candidate.hasWon(options.majority())) {
            core.become(Role.LEADER, Reason.VOTES_WON);
        }
    }

    /** Handed over to: without asking first, since the leader that would be heard wants it so. */
    void onTimeoutNow(TimeoutNow message) {
        if (message.term() != core.term() || core.leader() != message.from() || !core.mayStand()) {
            core.ignore(message, "not from this term's leader, or this replica may not stand");
        } else {
            campaign(Reason.TOLD_TO_STAND, true);
        }
    }

    // ---- voting ----------------------------------------------------------------------------------------------------

    void onPreVoteRequest(PreVoteRequest request) {
        boolean granted = mayVote() && request.term() >= core.term() && !hearsLeader() && isUpToDate(request.last());
        core.send(new PreVoteResponse(options.self(), request.from(), core.term(), request.term() + 1, granted));
    }

    void onVoteRequest(VoteRequest request) {
        String against = against(request);
        boolean granted = against.isEmpty();
        if (granted) {
            // Durable before the answer leaves: a vote forgotten in a crash elects two leaders (Raft §5.2).
            core.save(new HardState(core.term(), request.from()));
            restartTimer();
        }
        core.emit(new VoteAnswered(request.from(), request.term(), granted, against));
        core.send(new VoteResponse(options.self(), request.from(), core.term(), granted));
    }

    /** What speaks against a vote; empty if nothing does. */
    private String against(VoteRequest request) {
        int votedFor = core.votedFor();
        if (!mayVote()) {
            return "this replica has no vote";
        }
        if (request.term() != core.term()) {
            return request.term() < core.term() ? "its term is over" : "the leader was heard lately";
        }
        if (votedFor != HardState.NOBODY && votedFor != request.from()) {
            return "replica " + votedFor + " has the vote of this term";
        }
        if (core.leader() != -1 && core.leader() != request.from()) {
            return "the term has a leader";
        }
        return isUpToDate(request.last()) ? "" : "its log is behind";
    }

    private boolean mayVote() {
        return options.elects() && core.isMember();
    }

    /** Raft §5.4.1. */
    private boolean isUpToDate(Position last) {
        return !log.lastPosition().isAfter(last);
    }
}
