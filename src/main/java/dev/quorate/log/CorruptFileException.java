package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Path;

/** A file of a data directory is damaged or gone. The message names it, and says where it is damaged as far as known. */
public class CorruptFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    CorruptFileException(Path file, String reason) {
        this(file + " is damaged: " + reason, reason);
    }

    CorruptFileException(String message, String reason) {
        super(message);
        this.reason = reason;
    }

    /** What is wrong, without the file's name. */
    public String reason() {
        return reason;
    }
}
