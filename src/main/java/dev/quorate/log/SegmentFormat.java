package dev.quorate.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The bytes of a segment file around its records, format version 1. Big endian. A file is a header and frames, one a
 * sync; what follows the last frame is zero.
 *
 * <pre>
 *   segment header
 *   0            8       10        12     16          24            32                40            44           48   64
 *   +------------+-------+---------+------+-----------+-------------+-----------------+-------------+------------+----+
 *   | "QUORWAL1" | fresh | version | size | sequence  | first index | previous term   | prev. chain | CRC of 0.. | 0  |
 *   +------------+-------+---------+------+-----------+-------------+-----------------+-------------+------------+----+
 *
 *   frame
 *   0         4                8             16              24      28            32      36   40
 *   +---------+----------------+-------------+---------------+-------+-------------+-------+----+---------
 *   | "QFR1"  | records length | first index | synced index  | count | prev. chain | chain | 0  | records
 *   +---------+----------------+-------------+---------------+-------+-------------+-------+----+---------
 * </pre>
 *
 * The size is the file's, in bytes, so that a file which was cut off is known by it; files of the first builds say 0.
 *
 * <p>Fresh is 1 in a segment behind a snapshot that took the place of the log: all segments before it no longer count, and
 * its previous term is that of the snapshot. Else it is 0.
 *
 * <p>A frame's chain is the CRC32C of its bytes 0..32, which name the chain of the frame before, and of its records. The
 * synced index is the highest that was known to be on stable storage when the frame was written.
 *
 * <p>A frame of no records is a mark: it says what is synced and nothing else. One stands at the end of a log closed in
 * order, one wherever nothing came for a second, and one at the begin of each segment that does not simply go on where the last was full (behind a truncation or
 * a torn tail): all before such a segment was synced first.
 */
final class SegmentFormat {
    static final int VERSION = 1;
    static final int HEADER_BYTES = 64;
    static final int FRAME_BYTES = 40;
    static final long MAGIC = 0x51554f5257414c31L;
    static final int FRAME_MAGIC = 0x51465231;

    private static final int AT_FRESH = 8;
    private static final int AT_VERSION = 10;
    private static final int AT_SIZE = 12;
    private static final int AT_SEQUENCE = 16;
    private static final int AT_FIRST_INDEX = 24;
    private static final int AT_PREVIOUS_TERM = 32;
    private static final int AT_PREVIOUS_CHAIN = 40;
    private static final int AT_CRC = 44;

    private static final int FRAME_LENGTH = 4;
    private static final int FRAME_FIRST_INDEX = 8;
    private static final int FRAME_SYNCED_INDEX = 16;
    private static final int FRAME_COUNT = 24;
    private static final int FRAME_PREVIOUS_CHAIN = 28;
    private static final int FRAME_CHAIN = 32;
    private static final int FRAME_RESERVED = 36;

    private SegmentFormat() {}

    /** A segment's header. */
    record Header(long sequence, long firstIndex, long previousTerm, int previousChain, boolean fresh) {}

    static void writeHeader(ByteBuffer out, Header header) {
        out.putLong(0, MAGIC).putShort(AT_FRESH, (short) (header.fresh ? 1 : 0));
        out.putShort(AT_VERSION, (short) VERSION).putInt(AT_SIZE, out.capacity());
        out.putLong(AT_SEQUENCE, header.sequence);
        out.putLong(AT_FIRST_INDEX, header.firstIndex).putLong(AT_PREVIOUS_TERM, header.previousTerm);
        out.putInt(AT_PREVIOUS_CHAIN, header.previousChain).putInt(AT_CRC, headerCrc(out));
    }

    static boolean isHeaderValid(ByteBuffer in) {
        return in.capacity() >= HEADER_BYTES && in.getLong(0) == MAGIC && in.getInt(AT_CRC) == headerCrc(in);
    }

    static int version(ByteBuffer in) {
        return in.getShort(AT_VERSION);
    }

    /** Whether the file has the size that it was made with, as far as its header says. */
    static boolean isWhole(ByteBuffer in) {
        int size = in.getInt(AT_SIZE);
        return size == 0 || size == in.capacity();
    }

    static Header readHeader(ByteBuffer in) {
        return new Header(
                in.getLong(AT_SEQUENCE),
                in.getLong(AT_FIRST_INDEX),
                in.getLong(AT_PREVIOUS_TERM),
                in.getInt(AT_PREVIOUS_CHAIN),
                in.getShort(AT_FRESH) == 1);
    }

    private static int headerCrc(ByteBuffer in) {
        CRC32C crc = new CRC32C();
        crc.update(in.duplicate().limit(AT_CRC).position(0));
        return (int) crc.getValue();
    }

    /** Fills the frame header in front of its records and returns the frame's chain. */
    static int seal(
            CRC32C crc,
            ByteBuffer out,
            ByteBuffer view,
            int at,
            int end,
            long first,
            long synced,
            int count,
            int previous) {
        out.putInt(at, FRAME_MAGIC).putInt(at + FRAME_LENGTH, end - at - FRAME_BYTES);
        out.putLong(at + FRAME_FIRST_INDEX, first).putLong(at + FRAME_SYNCED_INDEX, synced);
        out.putInt(at + FRAME_COUNT, count).putInt(at + FRAME_PREVIOUS_CHAIN, previous);
        int chain = chain(crc, view, at, end);
        out.putInt(at + FRAME_CHAIN, chain);
        return chain;
    }

    private static int chain(CRC32C crc, ByteBuffer view, int at, int end) {
        crc.reset();
        crc.update(view.limit(at + FRAME_CHAIN).position(at));
        crc.update(view.limit(end).position(at + FRAME_BYTES));
        return (int) crc.getValue();
    }

    /** The end of the frame at an offset if it is whole and its own chain is right, else -1. */
    static int frameEnd(CRC32C crc, ByteBuffer in, ByteBuffer view, int at) {
        if (at + FRAME_BYTES > in.capacity() || in.getInt(at) != FRAME_MAGIC) {
            return -1;
        }
        int length = in.getInt(at + FRAME_LENGTH);
        if (length < 0 || length > in.capacity() - at - FRAME_BYTES || in.getInt(at + FRAME_RESERVED) != 0) {
            return -1;
        }
        int end = at + FRAME_BYTES + length;
        return in.getInt(at + FRAME_CHAIN) == chain(crc, view, at, end) ? end : -1;
    }

    static long frameFirstIndex(ByteBuffer in, int at) {
        return in.getLong(at + FRAME_FIRST_INDEX);
    }

    static long frameSyncedIndex(ByteBuffer in, int at) {
        return in.getLong(at + FRAME_SYNCED_INDEX);
    }

    static int frameCount(ByteBuffer in, int at) {
        return in.getInt(at + FRAME_COUNT);
    }

    static int framePreviousChain(ByteBuffer in, int at) {
        return in.getInt(at + FRAME_PREVIOUS_CHAIN);
    }

    static int frameChain(ByteBuffer in, int at) {
        return in.getInt(at + FRAME_CHAIN);
    }
}
