package dev.quorate.log;

import java.io.IOException;

/** There was no room for a new segment. Nothing was appended; a later append may succeed. */
public final class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1L;

    NoSpaceException(String message, IOException cause) {
        super(message, cause);
    }
}
