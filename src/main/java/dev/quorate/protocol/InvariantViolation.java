package dev.quorate.protocol;

/** Something that must always hold does not: the replica stops rather than serve a lie. A bug, never bad input. */
public class InvariantViolation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A violation with the state that shows it. */
    public InvariantViolation(String message) {
        super(message);
    }
}
