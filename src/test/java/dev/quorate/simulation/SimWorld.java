package dev.quorate.simulation;

import dev.quorate.protocol.CoreEvent;

/** What is around a simulated replica. */
interface SimWorld {
    /** Something leaves. */
    void send(Parcel parcel);

    /** The core told of something. */
    void happened(SimReplica replica, CoreEvent event);

    /** A place where a process may die: between any two steps of what the core asked for. */
    void mayCrash(SimReplica replica);

    /** Whether the disk takes an entry. */
    boolean hasRoom(SimReplica replica);
}
