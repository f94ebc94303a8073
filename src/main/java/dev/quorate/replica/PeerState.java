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
        String election) {
    /** How far a directory is in formation. */
    public enum Stage {
        /** Belongs to no set. */
        EMPTY(0),
        /** Was told of a set, does not yet know that all were. Neither acknowledges nor votes. */
        FORMING(1),
        /** Belongs to its set for good. */
        FORMED(2),
        /** Belongs to a formed set with a directory that is new to it: counts in nothing until it is admitted. */
        JOINING(3),
        /** Holds the log that a new set is formed around: leads alone until all others, which are empty, have it. */
        RECOVERED(4);

        private final byte code;

        Stage(int code) {
            this.code = (byte) code;
        }

        /** The byte on disk and wire. */
        public byte code() {
            return code;
        }

        /**
         * The stage of a byte.
         *
         * @throws IllegalArgumentException if there is none
         */
        public static Stage of(byte code) {
            return switch (code) {
                case 0 -> EMPTY;
                case 1 -> FORMING;
                case 2 -> FORMED;
                case 3 -> JOINING;
                case 4 -> RECOVERED;
                default -> throw new IllegalArgumentException("unknown stage " + code);
            };
        }
    }
}
