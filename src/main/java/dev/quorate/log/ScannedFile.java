package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a look at one file of a data directory found.
 *
 * @param name its path within the directory
 * @param sizeBytes its size; 0 where it is missing
 * @param health whether it can be trusted
 * @param offset where it is torn or damaged; -1 where it is not
 * @param note what is the matter, or worth knowing, in words; may be empty
 */
public record ScannedFile(String name, long sizeBytes, Health health, long offset, String note) {
    /** Whether a file can be trusted. */
    public enum Health {
        /** Every checksum in it is right. */
        OK,
        /** A crash left a part of it that a start leaves out, as it must: nothing was promised that is lost by it. */
        TORN,
        /** What must be there is not. */
        DAMAGED,
        /** Has no checksum and needs none. */
        UNCHECKED
    }

    /**
     * Looks at every checksum of a backup, or of a snapshot.
     *
     * @throws IOException if it cannot be read, or is of a version that this program does not know
     */
    public static ScannedFile ofBackup(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        try {
            SnapshotFile whole = SnapshotFile.open(file);
            return ok(name, whole.sizeBytes(), "the state at entry " + whole.index());
        } catch (CorruptFileException e) {
            return damaged(name, Files.size(file), e.offset(), e.reason());
        }
    }

    static ScannedFile ok(String name, long sizeBytes, String note) {
        return new ScannedFile(name, sizeBytes, Health.OK, -1, note);
    }

    static ScannedFile torn(String name, long sizeBytes, long offset, String note) {
        return new ScannedFile(name, sizeBytes, Health.TORN, offset, note);
    }

    static ScannedFile damaged(String name, long sizeBytes, long offset, String note) {
        return new ScannedFile(name, sizeBytes, Health.DAMAGED, offset, note);
    }

    static ScannedFile unchecked(String name, long sizeBytes, String note) {
        return new ScannedFile(name, sizeBytes, Health.UNCHECKED, -1, note);
    }

    /**
     * Whether something is lost by it; a start refuses the directory then, but for a file of {@code rollback/} and a snapshot
     * that it does not need.
     */
    public boolean isDamaged() {
        return health == Health.DAMAGED;
    }
}
