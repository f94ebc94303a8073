package dev.quorate.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The bytes of one entry, on disk and on the wire alike, format version 1. Big endian; records start at multiples of 8.
 *
 * <pre>
 *   0                4                8                16               24   25
 *   +----------------+----------------+----------------+----------------+----+---------+----------+
 *   | payload length | CRC32C of 8..  | index          | term           |kind| payload | 0 to 7 0 |
 *   +----------------+----------------+----------------+----------------+----+---------+----------+
 * </pre>
 */
final class RecordFormat {
    static final int AT_LENGTH = 0;
    static final int AT_CRC = 4;
    static final int AT_INDEX = 8;
    static final int AT_TERM = 16;
    static final int AT_KIND = 24;
    static final int AT_PAYLOAD = 25;
    static final int ALIGNMENT = 8;

    private RecordFormat() {}

    /** Bytes a record takes, padding included. */
    static int sizeBytes(int payloadLength) {
        return align(AT_PAYLOAD + payloadLength);
    }

    static int align(int bytes) {
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /** Bytes the record at an offset takes; nonsense if there is none. */
    static int sizeAt(ByteBuffer in, int offset) {
        return sizeBytes(in.getInt(offset + AT_LENGTH));
    }

    /** Writes a record whole but for its checksum, which {@link #crc} finds. */
    static void write(ByteBuffer out, int offset, long index, long term, byte kind, ByteBuffer payload) {
        int length = payload.remaining();
        out.putInt(offset + AT_LENGTH, length);
        out.putLong(offset + AT_INDEX, index);
        out.putLong(offset + AT_TERM, term);
        out.put(offset + AT_KIND, kind);
        out.put(offset + AT_PAYLOAD, payload, payload.position(), length);
    }

    /** The checksum of the record at an offset; uses and moves the view's position and limit. */
    static int crc(CRC32C crc, ByteBuffer view, int offset, int payloadLength) {
        crc.reset();
        view.limit(offset + AT_PAYLOAD + payloadLength).position(offset + AT_INDEX);
        crc.update(view);
        return (int) crc.getValue();
    }
}
