package dev.quorate.log;

import dev.quorate.protocol.Position;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of a snapshot, in a file and on the wire alike, format version 1. Big endian. What is in the blocks is for
 * others to know.
 *
 * <pre>
 *   header
 *   0            8         12      16      24     32           40   40 + 16 n
 *   +------------+---------+-------+-------+------+------------+----+--------+
 *   | "QUORSNP1" | version | n (4) | index | term | written ms | term starts | CRC32C of all before it |
 *   +------------+---------+-------+-------+------+------------+-------------+-------------------------+
 *   term start:  first index (8) | term (8)
 *
 *   blocks
 *   0              4                                8
 *   +--------------+--------------------------------+-------+
 *   | length, &gt; 0  | CRC32C of 0..4 and the bytes   | bytes |
 *   +--------------+--------------------------------+-------+
 *
 *   trailer, the end of the file
 *   0       4                  12                      20                         24
 *   +-------+------------------+-----------------------+--------------------------+
 *   | 0 (4) | number of blocks | bytes before trailer  | CRC32C of all before it  |
 *   +-------+------------------+-----------------------+--------------------------+
 * </pre>
 */
final class SnapshotFormat {
    static final int VERSION = 1;
    static final long MAGIC = 0x51554f52534e5031L;
    static final int FIXED_HEADER_BYTES = 40;
    static final int TERM_START_BYTES = 16;
    static final int CRC_BYTES = 4;
    static final int BLOCK_HEADER_BYTES = 8;
    static final int TRAILER_BYTES = 24;

    /** So that a damaged length costs no memory; a block is some megabytes at most. */
    static final int LARGEST_BLOCK = 1 << 26;

    private static final int AT_VERSION = 8;
    private static final int AT_COUNT = 12;
    private static final int AT_INDEX = 16;
    private static final int AT_TERM = 24;
    private static final int AT_WRITTEN = 32;

    private SnapshotFormat() {}

    static ByteBuffer header(SnapshotHeader header) {
        int starts = header.termStarts().size();
        ByteBuffer out = ByteBuffer.allocate(FIXED_HEADER_BYTES + starts * TERM_START_BYTES + CRC_BYTES);
        out.putLong(MAGIC).putInt(VERSION).putInt(starts);
        out.putLong(header.position().index()).putLong(header.position().term());
        out.putLong(header.writtenAtMs());
        for (Position start : header.termStarts()) {
            out.putLong(start.index()).putLong(start.term());
        }
        out.putInt(DurableFiles.crc(out.array(), 0, out.position()));
        return out.flip();
    }

    static boolean isSnapshot(ByteBuffer fixed) {
        return fixed.getLong(0) == MAGIC;
    }

    static int version(ByteBuffer fixed) {
        return fixed.getInt(AT_VERSION);
    }

    /** How many bytes follow the first ones of the header; negative or too large where they are damaged. */
    static long headerRest(ByteBuffer fixed) {
        return (long) fixed.getInt(AT_COUNT) * TERM_START_BYTES + CRC_BYTES;
    }

    /** A header that is whole. */
    static SnapshotHeader readHeader(ByteBuffer in) {
        List<Position> starts = new ArrayList<>();
        for (int at = FIXED_HEADER_BYTES; at < in.limit() - CRC_BYTES; at += TERM_START_BYTES) {
            starts.add(new Position(in.getLong(at + 8), in.getLong(at)));
        }
        Position position = new Position(in.getLong(AT_TERM), in.getLong(AT_INDEX));
        return new SnapshotHeader(position, in.getLong(AT_WRITTEN), List.copyOf(starts));
    }

    static boolean isHeaderWhole(ByteBuffer in) {
        int end = in.limit() - CRC_BYTES;
        CRC32C crc = new CRC32C();
        crc.update(in.duplicate().limit(end).position(0));
        return in.getInt(end) == (int) crc.getValue();
    }

    /** A block's first bytes. */
    static ByteBuffer blockHeader(ByteBuffer block) {
        ByteBuffer out = ByteBuffer.allocate(BLOCK_HEADER_BYTES).putInt(block.remaining());
        return out.putInt(blockCrc(out, block)).flip();
    }

    static int blockCrc(ByteBuffer header, ByteBuffer block) {
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate().limit(4).position(0));
        crc.update(block.duplicate());
        return (int) crc.getValue();
    }

    /** A trailer but for its checksum. */
    static ByteBuffer trailer(long blocks, long bytes) {
        ByteBuffer out = ByteBuffer.allocate(TRAILER_BYTES);
        return out.putInt(0).putLong(blocks).putLong(bytes).putInt(0).flip();
    }
}
