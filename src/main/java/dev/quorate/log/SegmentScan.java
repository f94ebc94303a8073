package dev.quorate.log;

import dev.quorate.protocol.EntryKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One segment file, read alone and changed in nothing: as far as its own frames continue each other. Whether it goes on
 * where the one before it ends, and whether what breaks it is torn or damaged, is {@link LogScan}'s to say.
 */
final class SegmentScan {
    private static final int READ_BYTES = 1 << 20;

    private final Path file;
    private final ByteBuffer map;
    private final ByteBuffer view;
    private final CRC32C crc = new CRC32C();
    private final SegmentFormat.@Nullable Header header;
    private int end = SegmentFormat.HEADER_BYTES;
    private int frames;
    private long lastIndex;
    private long firstTerm;
    private long lastTerm;
    private int chain;
    private int damagedAt = -1;
    private String damage = "";

    private SegmentScan(Path file, ByteBuffer map) {
        this.file = file;
        this.map = map;
        this.view = map.duplicate();
        this.header = SegmentFormat.isHeaderValid(map) ? SegmentFormat.readHeader(map) : null;
        if (header != null) {
            this.lastIndex = header.firstIndex() - 1;
            this.lastTerm = header.previousTerm();
            this.chain = header.previousChain();
            readFrames(header.firstIndex());
        }
    }

    /** @param progress told of bytes as they are read */
    static SegmentScan read(Path file, LongConsumer progress) throws IOException {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            readThrough(in, progress);
            return of(file, in);
        }
    }

    /**
     * Reads every byte and looks at none: a sector that cannot be read is an error here, with its place, and a fault of the
     * machine in a map.
     */
    static void readThrough(FileChannel in, LongConsumer progress) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(READ_BYTES);
        for (long at = 0; ; ) {
            int count;
            try {
                count = in.read(chunk.clear(), at);
            } catch (ClosedByInterruptException e) {
                throw e; // the process ends, and nothing is known of the file
            } catch (IOException e) {
                throw new IOException("cannot be read at offset " + at + ": " + e.getMessage(), e);
            }
            if (count < 0) {
                return;
            }
            at += count;
            progress.accept(count);
        }
    }

    /** Of a file that was {@link #readThrough}. */
    static SegmentScan of(Path file, FileChannel in) throws IOException {
        return new SegmentScan(file, in.map(FileChannel.MapMode.READ_ONLY, 0, in.size()));
    }

    private void readFrames(long firstIndex) {
        while (true) {
            int next = SegmentFormat.frameEnd(crc, map, view, end);
            boolean continues = next >= 0
                    && SegmentFormat.framePreviousChain(map, end) == chain
                    && SegmentFormat.frameFirstIndex(map, end) == lastIndex + 1;
            if (!continues) {
                return;
            }
            readRecords(next, firstIndex);
            if (damagedAt >= 0) {
                return;
            }
            chain = SegmentFormat.frameChain(map, end);
            frames++;
            end = next;
        }
    }

    private void readRecords(int frameEnd, long firstIndex) {
        int at = end + SegmentFormat.FRAME_BYTES;
        for (int left = SegmentFormat.frameCount(map, end); left > 0; left--) {
            String wrong = at + RecordFormat.AT_PAYLOAD > frameEnd ? "a frame's records do not fill it" : wrongAt(at);
            if (!wrong.isEmpty()) {
                damagedAt = at;
                damage = wrong;
                return;
            }
            lastIndex++;
            lastTerm = map.getLong(at + RecordFormat.AT_TERM);
            firstTerm = lastIndex == firstIndex ? lastTerm : firstTerm;
            at += RecordFormat.sizeAt(map, at);
        }
        if (at != frameEnd) {
            damagedAt = at;
            damage = "a frame's records do not fill it";
        }
    }

    private String wrongAt(int at) {
        int length = map.getInt(at + RecordFormat.AT_LENGTH);
        if (length < 0 || length > map.capacity() - at - RecordFormat.AT_PAYLOAD) {
            return "a record ends beyond its file";
        }
        if (map.getInt(at + RecordFormat.AT_CRC) != RecordFormat.crc(crc, view, at, length)) {
            return "a record's checksum is wrong";
        }
        if (map.getLong(at + RecordFormat.AT_INDEX) != lastIndex + 1
                || map.getLong(at + RecordFormat.AT_TERM) < lastTerm) {
            return "a record does not follow the one before it";
        }
        try {
            EntryKind.of(map.get(at + RecordFormat.AT_KIND));
            return "";
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }

    Path file() {
        return file;
    }

    String name() {
        return String.valueOf(file.getFileName());
    }

    int sizeBytes() {
        return map.capacity();
    }

    /** The header, or null where it is damaged or was never written. */
    SegmentFormat.@Nullable Header header() {
        return header;
    }

    /** Its format's version; nonsense without a header. */
    int version() {
        return SegmentFormat.version(map);
    }

    /** Whether the file is as long as it was made. */
    boolean isWhole() {
        return SegmentFormat.isWhole(map);
    }

    /** Where the frames end that continue each other. */
    int end() {
        return end;
    }

    int frames() {
        return frames;
    }

    /** Index of the last entry in them; one before the header's first where there is none. */
    long lastIndex() {
        return lastIndex;
    }

    /** Term of the first entry; 0 where there is none. */
    long firstTerm() {
        return firstTerm;
    }

    /** Term of the last entry, or of the one before the segment. */
    long lastTerm() {
        return lastTerm;
    }

    /** The chain that what follows must continue. */
    int chain() {
        return chain;
    }

    /** Where a frame that is whole holds records that cannot be, or -1. */
    int damagedAt() {
        return damagedAt;
    }

    /** What is wrong there. */
    String damage() {
        return damage;
    }

    /** What whole frames at or behind an offset say. */
    FramesBehind behind(int from) {
        return FramesBehind.read(crc, map, view, from);
    }

    /** Bytes from an offset to the last one that is not zero. */
    long usedBehind(int from) {
        int at = map.capacity();
        while (at > from && map.get(at - 1) == 0) {
            at--;
        }
        return Math.max(0, at - from);
    }

    /** Hands over its entries up to an index. */
    void forEach(long upTo, EntryVisitor visitor) {
        for (int at = SegmentFormat.HEADER_BYTES; at < end; ) {
            int frame = at;
            at += SegmentFormat.FRAME_BYTES;
            for (int left = SegmentFormat.frameCount(map, frame); left > 0; left--) {
                long index = map.getLong(at + RecordFormat.AT_INDEX);
                if (index > upTo) {
                    return;
                }
                int length = map.getInt(at + RecordFormat.AT_LENGTH);
                visitor.visit(
                        index,
                        map.getLong(at + RecordFormat.AT_TERM),
                        EntryKind.of(map.get(at + RecordFormat.AT_KIND)),
                        map.slice(at + RecordFormat.AT_PAYLOAD, length));
                at += RecordFormat.sizeAt(map, at);
            }
        }
    }
}
