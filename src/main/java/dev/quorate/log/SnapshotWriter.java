package dev.quorate.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * Writes a snapshot, in a temporary file that gets its name once it is durable. One thread, which waits for the disk.
 * Closed before {@link #finish}, it leaves nothing.
 */
public final class SnapshotWriter implements AutoCloseable {
    /** So much is synced at a time: the log's own syncs never wait behind a gigabyte. */
    private static final int SYNC_BYTES = 16 << 20;

    private final SnapshotHeader header;
    private final Path file;
    private final Path temporary;
    private final FileChannel out;
    private final CRC32C whole = new CRC32C();
    private long blocks;
    private long sizeBytes;
    private long syncedBytes;
    private boolean finished;

    private SnapshotWriter(SnapshotHeader header, Path file, Path temporary, FileChannel out) {
        this.header = header;
        this.file = file;
        this.temporary = temporary;
        this.out = out;
    }

    static SnapshotWriter begin(Path file, SnapshotHeader header) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        FileChannel out = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        SnapshotWriter writer = new SnapshotWriter(header, file, temporary, out);
        try {
            writer.write(SnapshotFormat.header(header));
            return writer;
        } catch (IOException e) {
            writer.close();
            throw e;
        }
    }

    /**
     * Adds a block.
     *
     * @param bytes at least one
     */
    public void block(ByteBuffer bytes) throws IOException {
        if (!bytes.hasRemaining() || bytes.remaining() > SnapshotFormat.LARGEST_BLOCK) {
            throw new IllegalArgumentException("a block of " + bytes.remaining() + " bytes");
        }
        write(SnapshotFormat.blockHeader(bytes));
        write(bytes.duplicate());
        blocks++;
        if (sizeBytes - syncedBytes >= SYNC_BYTES) {
            out.force(false);
            syncedBytes = sizeBytes;
        }
    }

    private void write(ByteBuffer bytes) throws IOException {
        whole.update(bytes.duplicate());
        sizeBytes += bytes.remaining();
        DurableFiles.writeFully(out, bytes);
    }

    /** Bytes written so far. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** Returns when the snapshot is durable under its name. */
    public SnapshotFile finish() throws IOException {
        ByteBuffer trailer = SnapshotFormat.trailer(blocks, sizeBytes);
        int end = SnapshotFormat.TRAILER_BYTES - SnapshotFormat.CRC_BYTES;
        write(trailer.duplicate().limit(end));
        trailer.putInt(end, (int) whole.getValue());
        write(trailer.position(end));
        out.force(true);
        out.close();
        DurableFiles.rename(temporary, file);
        finished = true;
        return new SnapshotFile(file, header, sizeBytes);
    }

    @Override
    public void close() throws IOException {
        out.close();
        if (!finished) {
            Files.deleteIfExists(temporary);
        }
    }
}
