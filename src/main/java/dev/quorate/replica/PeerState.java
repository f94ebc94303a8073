package dev.quorate.replica;

import dev.quorate.protocol.Stage;
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
 * @param incarnations those of all replicas as it knows them, in id order; empty when {@code stage} is EMPTY
 * @param election how leaders come to be in its set: {@code auto} or {@code none}
 */
public record PeerState(
        String replicaSet,
        int replicas,
        int replica,
        Stage stage,
        long setId,
        long incarnation,
        List<Long> incarnations,
        String election) {}
