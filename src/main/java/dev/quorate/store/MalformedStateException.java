package dev.quorate.store;

/** A part of the state is not what this version writes: of a later version. Stops the replica. */
public final class MalformedStateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With what is wrong. */
    public MalformedStateException(String message) {
        super(message);
    }
}
