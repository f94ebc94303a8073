package dev.quorate.log;

import java.io.IOException;

/** Bytes that should be records are not. */
public final class MalformedRecordsException extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedRecordsException(String message) {
        super(message);
    }
}
