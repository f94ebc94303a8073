package dev.quorate.log;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** There was no room for what must be durable first. The log is as it was; another try may succeed. */
public final class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long neededBytes;

    NoSpaceException(String message, long neededBytes, @Nullable IOException cause) {
        super(message, cause);
        this.neededBytes = neededBytes;
    }

    /** Bytes that the file would take which could not be made. */
    public long neededBytes() {
        return neededBytes;
    }
}
