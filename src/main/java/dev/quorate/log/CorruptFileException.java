package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Path;

/** One of the small files of a data directory is damaged or gone. */
public final class CorruptFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    CorruptFileException(Path file, String reason) {
        super(file + " is damaged: " + reason);
        this.reason = reason;
    }

    /** What is wrong, without the file's name. */
    public String reason() {
        return reason;
    }
}
