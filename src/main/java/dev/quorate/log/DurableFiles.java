package dev.quorate.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** Writing files so that a crash leaves the old or the new, never a half. */
final class DurableFiles {
    /** Small chunks: large ones make the page cache use large folios, and mapped syncs up to three times slower. */
    private static final int FILL_BYTES = 4096;

    private DurableFiles() {}

    /** Returns when a file with these bytes is durable under that name. What fails leaves no half that keeps a disk full. */
    static void replace(Path file, ByteBuffer content) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel out = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            writeFully(out, content);
            out.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        rename(temporary, file);
    }

    /** Returns when the file is durable under its new name. */
    static void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncDirectory(parent(to));
    }

    /**
     * Returns when the names in the directory are durable. It is read behind its sync, since XFS (seen on Linux 6.18) tells
     * success of the sync of a directory also when it has shut itself down and lost the names; reading one then fails.
     */
    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
        try (DirectoryStream<Path> names = Files.newDirectoryStream(directory)) {
            boolean unused = names.iterator().hasNext();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /**
     * What a file that people are to hear of holds.
     *
     * @throws CorruptFileException if it cannot be read
     * @throws NoSuchFileException if it is not there
     */
    static byte[] readAll(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException | ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw new CorruptFileException(file, "it cannot be read: " + e.getMessage());
        }
    }

    static Path parent(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file + " has no parent directory");
        }
        return parent;
    }

    static void writeFully(FileChannel out, ByteBuffer content) throws IOException {
        while (content.hasRemaining()) {
            out.write(content);
        }
    }

    /** Writes real zeros, so that a full disk is an error here and not a fault in a mapped write later. */
    static void fillWithZeros(FileChannel out, long sizeBytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(FILL_BYTES);
        for (long at = 0; at < sizeBytes; at += FILL_BYTES) {
            zeros.clear().limit((int) Math.min(FILL_BYTES, sizeBytes - at));
            while (zeros.hasRemaining()) {
                out.write(zeros, at + zeros.position());
            }
        }
    }

    static int crc(byte[] bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, to - from);
        return (int) crc.getValue();
    }
}
