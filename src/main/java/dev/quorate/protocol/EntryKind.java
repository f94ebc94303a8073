package dev.quorate.protocol;

/** What an entry of the log is. The code is what disk and wire carry; it never changes its meaning. */
public enum EntryKind {
    /** Opens a leader's term; carries nothing (Raft §8). */
    NO_OP(1),
    /** A change of the store, opaque to the core and the log. */
    MUTATION(2),
    /** Admits a new incarnation of a replica to the set; reserved for joining. */
    ADMIT(3);

    private final byte code;

    EntryKind(int code) {
        this.code = (byte) code;
    }

    /** The byte written to disk and wire. */
    public byte code() {
        return code;
    }

    /**
     * The kind with that code.
     *
     * @throws IllegalArgumentException for an unknown code: such an entry stops the replica, it is never skipped
     */
    public static EntryKind of(byte code) {
        return switch (code) {
            case 1 -> NO_OP;
            case 2 -> MUTATION;
            case 3 -> ADMIT;
            default -> throw new IllegalArgumentException("unknown entry kind " + code);
        };
    }
}
