package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files whose disk cannot read them any more. */
public final class Unreadable {
    /** The system has it answer what a broken sector does: there is no memory at address 0. */
    static final Path FILE = Path.of("/proc/self/mem");

    private Unreadable() {}

    /** Makes it one, in place of what was there. */
    public static void make(Path file) throws IOException {
        Files.deleteIfExists(file);
        Files.createSymbolicLink(file, FILE);
    }
}
