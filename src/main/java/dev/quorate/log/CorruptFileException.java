package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Path;

/** A file of a data directory is damaged or gone. The message names it, and says where it is damaged as far as known. */
public class CorruptFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String reason;
    private final long offset;

    CorruptFileException(Path file, String reason) {
        super(file + " is damaged: " + reason);
        this.reason = reason;
        this.offset = 0;
    }

    CorruptFileException(Path file, long offset, String reason) {
        super(file + " is damaged at offset " + offset + ": " + reason);
        this.reason = reason;
        this.offset = offset;
    }

    /** What is wrong, without the file's name. */
    public String reason() {
        return reason;
    }

    /** Where; 0 also where that is not known. */
    public long offset() {
        return offset;
    }
}
