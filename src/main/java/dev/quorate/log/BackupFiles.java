package dev.quorate.log;

import dev.quorate.protocol.HardState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/** A backup is a snapshot that left its replica: written where an operator wants it, and made a directory again. */
public final class BackupFiles {
    private static final int COPY_BYTES = 1 << 16;

    private BackupFiles() {}

    /**
     * Writes what comes to a file; returns when it is durable under its name. It is read back before, so that one which was
     * cut off on its way, or damaged, never gets the name.
     *
     * @param in the bytes of a snapshot, to their end
     * @param file must not exist
     * @param progress told of bytes as they come
     * @throws CorruptFileException if what came is no whole snapshot
     */
    public static SnapshotFile receive(InputStream in, Path file, LongConsumer progress) throws IOException {
        Path partial = file.resolveSibling(file.getFileName() + ".part");
        try {
            copyAndSync(in, partial, progress);
            SnapshotFile whole = SnapshotFile.open(partial);
            DurableFiles.rename(partial, file);
            return new SnapshotFile(file, whole.header(), whole.sizeBytes());
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /**
     * Makes a replica's directory that holds a backup's state, and no log yet; returns when it is durable. It is made beside
     * its place and gets its name at once: a crash leaves none, or the whole.
     *
     * @param backup a snapshot
     * @param directory missing or empty
     * @param identity whose it becomes
     * @param progress told of bytes as they are copied
     * @throws CorruptFileException if the backup is damaged or ends too early; nothing was made
     */
    public static SnapshotFile restore(Path backup, Path directory, DirectoryIdentity identity, LongConsumer progress)
            throws IOException {
        Path place = directory.toAbsolutePath();
        Path parent = DurableFiles.parent(place);
        Files.createDirectories(parent);
        Path making = parent.resolve(place.getFileName() + ".restoring");
        deleteAll(making);
        try {
            SnapshotFile restored = fill(making, backup, identity, progress);
            DurableFiles.rename(making, place);
            return restored;
        } finally {
            deleteAll(making);
        }
    }

    private static SnapshotFile fill(Path making, Path backup, DirectoryIdentity identity, LongConsumer progress)
            throws IOException {
        try (DataDirectory data = DataDirectory.open(making);
                InputStream in = Files.newInputStream(backup)) {
            Path copy = making.resolve("snapshot-restored.tmp");
            copyAndSync(in, copy, progress);
            SnapshotFile restored = data.snapshots().adopt(SnapshotFile.open(copy));
            long term = restored.header().position().term() + DirectoryIdentity.RECOVERY_TERMS;
            data.saveAndSync(new HardState(term, HardState.NOBODY));
            data.writeCommitBound(restored.index()); // so that a snapshot which is lost until the start is missed
            data.writeIdentityAndSync(identity.encode());
            return restored;
        }
    }

    private static void copyAndSync(InputStream in, Path to, LongConsumer progress) throws IOException {
        try (FileChannel out = FileChannel.open(
                to, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            byte[] bytes = new byte[COPY_BYTES];
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                DurableFiles.writeFully(out, ByteBuffer.wrap(bytes, 0, count));
                progress.accept(count);
            }
            out.force(true);
        }
    }

    private static void deleteAll(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> found = Files.walk(directory)) {
            List<Path> deepestFirst = found.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.delete(file);
            }
        }
    }
}
