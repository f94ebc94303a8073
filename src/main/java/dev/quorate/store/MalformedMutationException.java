package dev.quorate.store;

/** A mutation's bytes are not what this version writes: damaged, or of a later version. Stops the replica. */
public final class MalformedMutationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With what is wrong. */
    public MalformedMutationException(String message) {
        super(message);
    }
}
