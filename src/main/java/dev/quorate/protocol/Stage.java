package dev.quorate.protocol;

/** How far a directory is in belonging to its set (protocol.md §1, §6). */
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
