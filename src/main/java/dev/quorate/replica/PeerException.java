package dev.quorate.replica;

/** Another replica could not be reached, refused, or gave no proper answer: for now it counts as unreachable. */
public final class PeerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With a sentence for the log. */
    public PeerException(String message) {
        super(message, null, false, false);
    }
}
