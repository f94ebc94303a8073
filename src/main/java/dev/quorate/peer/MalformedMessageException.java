package dev.quorate.peer;

/** Bytes that should be a message between replicas are not, or are of a version this program does not know. */
final class MalformedMessageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MalformedMessageException(String message) {
        super(message, null, false, false);
    }
}
