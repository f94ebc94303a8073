package dev.quorate.protocol;

import dev.quorate.protocol.CoreEvent.Admitted;
import dev.quorate.protocol.CoreEvent.JoinerHeard;
import dev.quorate.protocol.Message.Admission;

/**
 * How a replica with a new directory comes to count (protocol.md §6). It may have voted and acknowledged under its old
 * directory, and remembers nothing of it: it counts only when ⌈N/2⌉ others, who share a member with every majority that
 * the old one was part of, hold an entry that was appended after the new one was heard of.
 */
final class Joining {
    private final ReplicaCore core;
    private final CoreOptions options;
    private final LogView log;

    Joining(ReplicaCore core, CoreOptions options, LogView log) {
        this.core = core;
        this.options = options;
        this.log = log;
    }

    /** A leader heard of an incarnation that asks to join. */
    void heard(Leader leading, int replica, long incarnation) {
        Follower follower = leading.follower(replica);
        if (follower.incarnation() != incarnation) {
            follower.joins(incarnation, log.lastIndex() + 1, leading.askRound());
            core.emit(new JoinerHeard(replica, incarnation));
        }
        if (follower.admitIndex() == 0) {
            core.effects().admit(replica, incarnation);
        }
    }

    /** Tells those that may count so; again and again until they answer as ones that do. */
    void admit(Leader leading) {
        if (!core.isMember() && allHold(leading)) {
            core.becomeMember();
            leading.admitsAll();
        }
        for (Follower follower : leading.followers()) {
            if (!follower.counts() && follower.admitIndex() > 0 && isCovered(leading, follower)) {
                core.send(new Admission(
                        options.self(), follower.id(), core.term(), follower.incarnation(), follower.admitIndex()));
            }
        }
    }

    /** A recovered leader's set is formed when each of the others holds all up to the entry that admits it. */
    private boolean allHold(Leader leading) {
        for (Follower follower : leading.followers()) {
            if (follower.admitIndex() == 0 || follower.heldIndex() < follower.admitIndex()) {
                return false;
            }
        }
        return log.syncedIndex() >= leading.noOpIndex();
    }

    /** The entry is of this term, so that whoever covers it covers the no-op too. */
    private boolean isCovered(Leader leading, Follower joiner) {
        if (!core.isMember()) {
            return false;
        }
        long index = joiner.admitIndex();
        if (leading.isAdmittingAll()) {
            return log.syncedIndex() >= index && joiner.heldIndex() >= index;
        }
        int others = log.syncedIndex() >= index ? 1 : 0;
        for (Follower follower : leading.followers()) {
            if (follower != joiner && follower.matchIndex() >= index) {
                others++;
            }
        }
        return others >= (options.replicas() + 1) / 2 && joiner.heldIndex() >= index;
    }

    /** This replica is told that it counts: its own log alone would never say so. */
    void onAdmission(Admission message) {
        boolean holds = log.syncedIndex() >= message.admitIndex() && log.termAt(message.admitIndex()) == core.term();
        if (message.term() != core.term() || core.leader() != message.from() || core.isMember() || !holds) {
            core.ignore(message, "not from this term's leader, or it counts already");
            return;
        }
        core.becomeMember();
        core.emit(new Admitted(message.incarnation(), core.term()));
    }
}
