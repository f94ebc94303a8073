package dev.quorate.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A snapshot in a file, every checksum of which was found right.
 *
 * @param path where it is
 * @param header what it is of
 * @param sizeBytes size of the file
 */
public record SnapshotFile(Path path, SnapshotHeader header, long sizeBytes) {
    private static final int READ_BYTES = 1 << 16;

    /**
     * Reads a file through.
     *
     * @throws CorruptFileException if a byte of it is not what was written or cannot be read, or it does not end where it
     *     should
     * @throws IOException if it is of a version that this program does not know, or is not there
     */
    public static SnapshotFile open(Path path) throws IOException {
        return new Scan(path, block -> {}).run();
    }

    /** Index of the last entry whose effect is in it. */
    public long index() {
        return header.position().index();
    }

    /**
     * Hands over the blocks in order; each checked before, and valid only during the call.
     *
     * @throws CorruptFileException if the file has changed since it was opened
     */
    public void forEachBlock(Consumer<ByteBuffer> consumer) throws IOException {
        var unused = new Scan(path, consumer).run();
    }

    /** One pass through a file. */
    private static final class Scan {
        private final Path path;
        private final Consumer<ByteBuffer> consumer;
        private final CRC32C whole = new CRC32C();
        private final ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES).flip();
        private long at;

        Scan(Path path, Consumer<ByteBuffer> consumer) {
            this.path = path;
            this.consumer = consumer;
        }

        SnapshotFile run() throws IOException {
            try (FileChannel in = FileChannel.open(path, StandardOpenOption.READ)) {
                long size = in.size();
                SnapshotHeader header = header(in, size);
                long blocks = 0;
                while (true) {
                    ByteBuffer first = take(in, Integer.BYTES);
                    if (first.getInt(0) == 0) {
                        checkTrailer(in, blocks, size);
                        return new SnapshotFile(path, header, size);
                    }
                    block(in, first, size);
                    blocks++;
                }
            }
        }

        private SnapshotHeader header(FileChannel in, long size) throws IOException {
            ByteBuffer fixed = take(in, SnapshotFormat.FIXED_HEADER_BYTES);
            if (!SnapshotFormat.isSnapshot(fixed)) {
                throw damaged(0, "it is no snapshot");
            }
            long rest = SnapshotFormat.headerRest(fixed);
            if (rest < 0 || rest > size - at) {
                throw damaged(0, "its header is damaged");
            }
            ByteBuffer header = ByteBuffer.allocate(fixed.limit() + (int) rest);
            header.put(fixed).put(take(in, (int) rest)).flip();
            if (!SnapshotFormat.isHeaderWhole(header)) {
                throw damaged(0, "the checksum of its header is wrong");
            }
            if (SnapshotFormat.version(header) != SnapshotFormat.VERSION) {
                throw new IOException(path + " is of a format version that this program does not know");
            }
            return SnapshotFormat.readHeader(header);
        }

        private void block(FileChannel in, ByteBuffer first, long size) throws IOException {
            long from = at - Integer.BYTES;
            int length = first.getInt(0);
            if (length < 0 || length > SnapshotFormat.LARGEST_BLOCK || length > size - at - Integer.BYTES) {
                throw damaged(from, "the length of a block is wrong");
            }
            int crc = take(in, Integer.BYTES).getInt(0);
            ByteBuffer bytes = take(in, length);
            if (crc != SnapshotFormat.blockCrc(first, bytes)) {
                throw damaged(from, "the checksum of a block is wrong");
            }
            consumer.accept(bytes);
        }

        private void checkTrailer(FileChannel in, long blocks, long size) throws IOException {
            long before = at - Integer.BYTES;
            ByteBuffer counts = take(in, 2 * Long.BYTES);
            int crc = (int) whole.getValue();
            boolean whole = counts.getLong(0) == blocks
                    && counts.getLong(Long.BYTES) == before
                    && take(in, Integer.BYTES).getInt(0) == crc
                    && at == size;
            if (!whole) {
                throw damaged(before, "its end is not what was written");
            }
        }

        private ByteBuffer take(FileChannel in, int bytes) throws IOException {
            ByteBuffer out = ByteBuffer.allocate(bytes);
            while (out.hasRemaining()) {
                if (!buffer.hasRemaining()) {
                    int read = read(in);
                    buffer.flip();
                    if (read < 0) {
                        throw damaged(at, "it ends too early");
                    }
                }
                int count = Math.min(out.remaining(), buffer.remaining());
                out.put(buffer.slice(buffer.position(), count));
                buffer.position(buffer.position() + count);
            }
            out.flip();
            whole.update(out.duplicate());
            at += bytes;
            return out;
        }

        /** A disk that cannot read it is as bad as one that reads something else. */
        private int read(FileChannel in) throws IOException {
            try {
                return in.read(buffer.clear());
            } catch (ClosedByInterruptException e) {
                throw e; // the process ends, and nothing is known of the file
            } catch (IOException e) {
                throw damaged(at, "it cannot be read: " + e.getMessage());
            }
        }

        private CorruptFileException damaged(long offset, String reason) {
            return new CorruptFileException(path, offset, reason);
        }
    }
}
