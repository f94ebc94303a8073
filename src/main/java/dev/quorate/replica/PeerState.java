package dev.quorate.replica;

import java.util.List;

/**
 * What a replica says of its own membership.
 *
 * @param replicaSet the configured name of the set
 * @param replicas the configured N
 * @param replica its id
 * @param stage how far it is in formation
 * @param setId the set it is forming or formed with; 0 when empty
 * @param incarnation its own incarnation
 * @param incarnations those of all replicas, in id order; empty when {@code stage} is EMPTY
 */
public record PeerState(
        String replicaSet,
        int replicas,
        int replica,
        Stage stage,
        long setId,
        long incarnation,
        List<Long> incarnations) {
    /** How far a directory is in formation; the order is the order of the wire. */
    public enum Stage {
        /** Belongs to no set. */
        EMPTY,
        /** Was told of a set, does not yet know that all were. Neither acknowledges nor votes. */
        FORMING,
        /** Belongs to its set for good. */
        FORMED
    }
}
