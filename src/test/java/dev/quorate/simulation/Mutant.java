package dev.quorate.simulation;

import dev.quorate.simulation.PatchedClasses.Patch;
import java.util.ArrayList;
import java.util.List;

/**
 * A deliberate bug: lines of the shipped sources that are replaced, or a {@link Flaw} of the simulated shell.
 *
 * @param says what is wrong, in words
 */
record Mutant(String says, Flaw flaw, List<Patch> patches) {
    private static final List<Mutant> ALL = new ArrayList<>();

    static {
        shell("a vote is not persisted", Flaw.VOTE_NOT_PERSISTED);
        shell("an append is acknowledged before it is synced", Flaw.ACKNOWLEDGED_BEFORE_SYNC);
        shell("a resent append is acknowledged unsynced", Flaw.RESENT_APPEND_ACKNOWLEDGED_UNSYNCED);
        shell("an inherited entry is acknowledged without the no-op", Flaw.INHERITED_ENTRY_ACKNOWLEDGED_WITHOUT_NO_OP);
        shell("a linearizable read shows the newest, not the committed", Flaw.LINEARIZABLE_READ_OF_THE_NEWEST);
        shell("a linearizable read does not wait for its read index", Flaw.LINEARIZABLE_READ_BEFORE_ITS_INDEX);
        shell("a quorum read takes the highest version", Flaw.QUORUM_READ_BY_HIGHEST_VERSION);
        shell("a truncation undoes nothing", Flaw.UNDO_SKIPPED_AT_TRUNCATION);
        shell("a restart keeps nothing to undo", Flaw.UNDO_SKIPPED_AFTER_RESTART);
        shell("a leader repairs itself from a follower", Flaw.LEADER_REPAIRS_ITSELF);
        shell("an overlay outlives its term", Flaw.OVERLAY_KEPT_ACROSS_TERMS);
        shell("a wiped replica votes", Flaw.WIPED_REPLICA_VOTES);
        shell("a quarantined replica votes", Flaw.QUARANTINED_REPLICA_VOTES);
        shell("a truncation writes over what it removes", Flaw.TRUNCATION_IN_PLACE);
        shell("a snapshot has uncommitted state in it", Flaw.SNAPSHOT_WITH_UNCOMMITTED_STATE);
        shell(
                "a segment is deleted before the snapshot is durable",
                Flaw.SEGMENT_DELETED_BEFORE_THE_SNAPSHOT_IS_DURABLE);
        core(
                "entries of an old term are committed by counting",
                new Patch(
                        "protocol.Replication",
                        "if (index > commitIndex && index >= leading.noOpIndex()) { "
                                + "Invariants.check(log.termAt(index) == core.term(), "
                                + "\"entry %d is not of term %d\", index, core.term());",
                        "if (index > commitIndex) {"));
        core(
                "a leader does not check that a majority hears it",
                new Patch(
                        "protocol.ReplicaCore",
                        "current.ticksWithoutQuorum() > options.electionTicks()",
                        "options.electionTicks() < 0"));
        core(
                "a linearizable read needs no round",
                new Patch(
                        "protocol.ReplicaCore",
                        "return options.elects() ? leading.confirmedRound() : Long.MAX_VALUE;",
                        "return Long.MAX_VALUE;"));
        core(
                "a linearizable read takes a round that was sent before it",
                new Patch("protocol.Leader", "if (roundSent) { round++; roundSent = false; }", ""),
                new Patch(
                        "protocol.Leader",
                        "nextHeartbeatTick = nowTick",
                        "round++; roundSent = false; nextHeartbeatTick = nowTick"));
        core(
                "a heartbeat commits a tail that was not matched",
                new Patch(
                        "protocol.Replication",
                        "commitUpTo(Math.min(leaderCommit, matchedIndex));",
                        "commitUpTo(Math.min(leaderCommit, log.lastIndex()));"));
        core(
                "handing over leaves two leaders",
                new Patch(
                        "protocol.Election",
                        "campaign(Reason.TOLD_TO_STAND, true);",
                        "core.become(Role.LEADER, Reason.TOLD_TO_STAND);"));
        core(
                "a joiner is admitted by its own log",
                new Patch("protocol.Joining", "return others >= (options.replicas() + 1) / 2 && ", "return "));
        core(
                "joiners admit each other",
                new Patch(
                        "protocol.Joining",
                        "if (follower != joiner && follower.matchIndex() >= index)",
                        "if (follower != joiner && follower.heldIndex() >= index)"));
        core(
                "a joiner counts as soon as it answers",
                new Patch("protocol.Follower", "counts = nowCounts;", "counts = true;"));
        core(
                "one replica is counted twice in w",
                new Patch(
                        "protocol.ReplicaCore",
                        "Math.min(log.syncedIndex(), leading.coveredBy(count))",
                        "Math.min(log.syncedIndex(), leading.coveredBy(Math.max(1, count - 1)))"));
        core(
                "a write is acknowledged that the leader itself has not synced",
                new Patch(
                        "protocol.ReplicaCore",
                        "Math.min(log.syncedIndex(), leading.coveredBy(count))",
                        "leading.coveredBy(count)"));
        core(
                "a doubled vote counts twice",
                new Patch("protocol.Candidate", "granted.set(replica);", "granted.set(granted.length() + 8);"));
        core(
                "a log that is behind gets votes",
                new Patch("protocol.Election", "return !log.lastPosition().isAfter(last);", "return true;"));
        core(
                "half is a majority",
                new Patch("protocol.Quorum", "return replicas / 2 + 1;", "return (replicas + 1) / 2;"));
        core(
                "a late append cuts what a newer one brought",
                new Patch("protocol.Replication", "while (have < entries.count() &&", "while (have < 0 &&"));
        core(
                "an answer promises more than its request brought",
                new Patch(
                        "protocol.Replication",
                        "core.send(answer(request, true, request.entries().lastIndex()));",
                        "core.send(answer(request, true, Math.max(log.lastIndex(), request.entries().lastIndex())));"));
        core(
                "an append is taken without what stands before it",
                new Patch(
                        "protocol.Replication",
                        "} else if (log.termAt(previous.index()) != previous.term()) {",
                        "} else if (log.termAt(previous.index()) < 0) {"));
        core(
                "a snapshot is installed over a newer state",
                new Patch(
                        "protocol.Replication",
                        "return snapshot.index() <= commitIndex || log.termAt(snapshot.index()) == snapshot.term();",
                        "return false;"));
        core(
                "a late snapshot takes the place of a longer log",
                new Patch(
                        "protocol.Replication",
                        "return snapshot.index() <= commitIndex || log.termAt(snapshot.index()) == snapshot.term();",
                        "return snapshot.index() <= commitIndex;"));
        core(
                "what could be undone outlives an installation",
                new Patch("store.Store", "undo.clear(); undoBytes = 0; overlay.clear();", "overlay.clear();"));
        core(
                "a follower that restarted is not told what is committed",
                new Patch(
                        "protocol.Replication",
                        "follower.isReady() && itsCommitIndex <",
                        "follower.isReady() && itsCommitIndex < 0 && itsCommitIndex <"));
        core(
                "a repair is taken by a log that is ahead of it",
                new Patch(
                        "store.Store", "at.term() == currentTerm && at.isAfter(ownLast)", "at.term() == currentTerm"));
    }

    private static void shell(String says, Flaw flaw) {
        ALL.add(new Mutant(says, flaw, List.of()));
    }

    private static void core(String says, Patch... patches) {
        ALL.add(new Mutant(says, Flaw.NONE, List.of(patches)));
    }

    static List<Mutant> all() {
        return List.copyOf(ALL);
    }

    /** The first seed that shows it and what that breaks; empty where none of them does. */
    String search(long firstSeed, int seeds) throws Exception {
        return patches.isEmpty()
                ? SimRun.search(flaw.name(), firstSeed, seeds)
                : new PatchedClasses(patches).search(flaw, firstSeed, seeds);
    }

    @Override
    public String toString() {
        return says;
    }
}
