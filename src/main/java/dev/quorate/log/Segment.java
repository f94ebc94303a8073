package dev.quorate.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** One mapped file of the log and where its entries are. The writer's thread; {@link #force} on the sync thread too. */
final class Segment {
    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer map;
    private final ByteBuffer view;
    private final SegmentFormat.Header header;
    private int[] offsets = new int[64];
    private int count;
    private int end = SegmentFormat.HEADER_BYTES;
    private int markEnd;
    private volatile boolean dropped;

    private Segment(Path file, FileChannel channel, ByteBuffer map, SegmentFormat.Header header) {
        this.file = file;
        this.channel = channel;
        this.map = map;
        this.view = map.duplicate();
        this.header = header;
    }

    static String name(long sequence) {
        return String.format("wal-%016x.seg", sequence);
    }

    /** A file that holds real zeros, durable, not yet part of a log. */
    static void prepare(Path file, long sizeBytes) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            DurableFiles.fillWithZeros(channel, sizeBytes);
            channel.force(true);
        }
    }

    /**
     * Makes a prepared file the segment of that header; returns when header and name are durable.
     *
     * @param afterSync all entries before it are on stable storage, which a mark then says
     */
    static Segment begin(Path prepared, Path directory, SegmentFormat.Header header, boolean afterSync)
            throws IOException {
        Path file = directory.resolve(name(header.sequence()));
        DurableFiles.rename(prepared, file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        ByteBuffer map = channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
        SegmentFormat.writeHeader(map, header);
        Segment segment = new Segment(file, channel, map, header);
        if (afterSync && header.firstIndex() > 1) {
            var unused = segment.mark(header.firstIndex() - 1, header.previousChain()); // as firstChain() says
        }
        segment.force();
        return segment;
    }

    /**
     * An existing file, whatever it holds; its header is checked by the caller.
     *
     * @throws CorruptLogException if its header cannot be read
     */
    static Segment open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            ByteBuffer bytes = ByteBuffer.allocate(SegmentFormat.HEADER_BYTES);
            readHeader(file, channel, bytes);
            SegmentFormat.Header header = !bytes.hasRemaining() && SegmentFormat.isHeaderValid(bytes)
                    ? SegmentFormat.readHeader(bytes)
                    : new SegmentFormat.Header(-1, -1, -1, 0, false);
            return new Segment(file, channel, channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size()), header);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static void readHeader(Path file, FileChannel channel, ByteBuffer into) throws IOException {
        try {
            while (into.hasRemaining() && channel.read(into, into.position()) > 0) {
                // A read may bring less than was asked for.
            }
        } catch (IOException e) {
            throw new CorruptLogException(file, 0, "it cannot be read: " + e.getMessage());
        }
    }

    Path file() {
        return file;
    }

    ByteBuffer map() {
        return map;
    }

    /** A view whose position and limit the writer may move. */
    ByteBuffer view() {
        return view;
    }

    SegmentFormat.Header header() {
        return header;
    }

    boolean hasHeader() {
        return header.sequence() >= 0;
    }

    long firstIndex() {
        return header.firstIndex();
    }

    boolean holds(long index) {
        return index >= header.firstIndex() && index - header.firstIndex() < count;
    }

    /** Writes a mark at the end: the log ends at that index, which is synced. Returns the chain that goes on from it. */
    int mark(long lastIndex, int chain) {
        int at = end;
        markEndsAt(at + SegmentFormat.FRAME_BYTES);
        return SegmentFormat.seal(new CRC32C(), map, view, at, end, lastIndex + 1, lastIndex, 0, chain);
    }

    /** Notes a mark that was found or written. */
    void markEndsAt(int offset) {
        end = offset;
        markEnd = offset;
    }

    boolean endsWithMark() {
        return end == markEnd;
    }

    /** The chain that its first records continue, in a segment just begun. */
    int firstChain() {
        return endsWithMark() ? SegmentFormat.frameChain(map, SegmentFormat.HEADER_BYTES) : header.previousChain();
    }

    int end() {
        return end;
    }

    int room() {
        return map.capacity() - end;
    }

    void endAt(int offset) {
        end = offset;
    }

    /** Notes where the next entry's record is. */
    void added(int offset) {
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, count * 2);
        }
        offsets[count++] = offset;
    }

    void keep(long lastIndex) {
        count = (int) Math.max(0, Math.min(count, lastIndex - header.firstIndex() + 1));
    }

    int offset(long index) {
        return offsets[(int) (index - header.firstIndex())];
    }

    /** Returns when all that was written to the map before is on stable storage; at once where it was {@link #drop}ped. */
    void force() throws IOException {
        try {
            if (!dropped) {
                channel.force(false);
            }
        } catch (ClosedChannelException e) {
            if (!dropped) {
                throw e;
            }
        }
    }

    /** It is no part of the log any more: all it holds is in a durable snapshot. A sync of it may be under way. */
    void drop() {
        dropped = true;
    }

    /** Removes the file, its name durably; any thread. It is still mapped: emptied, it takes no space all the same. */
    void delete() throws IOException {
        Files.deleteIfExists(file);
        DurableFiles.syncDirectory(DurableFiles.parent(file));
        empty();
    }

    /** What another thread has mapped must not be emptied under it: to look there would end the process. */
    private synchronized void empty() throws IOException {
        channel.truncate(0);
        channel.close();
    }

    /**
     * Looks at the file anew; any thread.
     *
     * @param in it, read through before
     * @throws NoSuchFileException if it was {@link #drop}ped: it may have been emptied while it was read
     */
    synchronized SegmentScan scan(FileChannel in) throws IOException {
        if (dropped) {
            throw new NoSuchFileException(file.toString());
        }
        return SegmentScan.of(file, in);
    }

    void close() throws IOException {
        channel.close();
    }
}
