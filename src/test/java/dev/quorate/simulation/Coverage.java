package dev.quorate.simulation;

import dev.quorate.protocol.CoreEvent;
import dev.quorate.protocol.CoreEvent.RoleChanged;
import dev.quorate.protocol.CoreEvent.TransferStarted;
import dev.quorate.protocol.Reason;
import dev.quorate.protocol.Role;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;

/** What occurred in any of many runs: a check that nothing leads up to checks nothing. Used by one thread at a time. */
final class Coverage {
    private final Set<Class<?>> events = new HashSet<>();
    private final EnumSet<Role> roles = EnumSet.noneOf(Role.class);
    private final EnumSet<Reason> reasons = EnumSet.noneOf(Reason.class);
    private long acknowledged;
    private long reads;
    private long proofs;

    void saw(CoreEvent event) {
        events.add(event.getClass());
        if (event instanceof RoleChanged changed) {
            roles.add(changed.role());
            reasons.add(changed.reason());
        } else if (event instanceof TransferStarted started) {
            reasons.add(started.reason());
        }
    }

    void count(int moreAcknowledged, int moreReads) {
        acknowledged += moreAcknowledged;
        reads += moreReads;
    }

    void countProofs(long more) {
        proofs += more;
    }

    void add(Coverage other) {
        events.addAll(other.events);
        roles.addAll(other.roles);
        reasons.addAll(other.reasons);
        count((int) other.acknowledged, (int) other.reads);
        countProofs(other.proofs);
    }

    Set<Class<?>> events() {
        return events;
    }

    Set<Role> roles() {
        return roles;
    }

    Set<Reason> reasons() {
        return reasons;
    }

    long acknowledged() {
        return acknowledged;
    }

    long reads() {
        return reads;
    }

    /** How often a follower was shown to be fresh. */
    long proofs() {
        return proofs;
    }
}
