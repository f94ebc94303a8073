package dev.quorate.log;

import java.nio.file.Path;

/** What was synced once is damaged or gone: never a shorter log in silence. */
public final class CorruptLogException extends CorruptFileException {
    private static final long serialVersionUID = 1L;

    CorruptLogException(Path file, long offset, String reason) {
        super(file, offset, reason);
    }
}
