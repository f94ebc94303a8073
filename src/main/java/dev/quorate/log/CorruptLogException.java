package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Path;

/** What was synced once is damaged or gone: never a shorter log in silence. */
public final class CorruptLogException extends IOException {
    private static final long serialVersionUID = 1L;

    CorruptLogException(Path file, long offset, String reason) {
        super(file + " is damaged at offset " + offset + ": " + reason);
    }
}
