package dev.quorate.replica;

/** Another replica could not be reached, refused, or gave no proper answer: for now it counts as unreachable. */
public class PeerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With a sentence for the log. */
    public PeerException(String message) {
        super(message, null, false, false);
    }

    /** It can be reached, and has no space for entries. */
    public static final class NoSpace extends PeerException {
        private static final long serialVersionUID = 1L;

        /** With a sentence for the log. */
        public NoSpace(String message) {
            super(message);
        }
    }
}
