package dev.quorate.log;

import dev.quorate.protocol.EntryBatch;
import dev.quorate.protocol.EntryKind;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Entries as the log's own record bytes: a copy, not a view of a file. Immutable. */
public final class Records implements EntryBatch {
    private final ByteBuffer bytes;
    private final int[] offsets;
    private final int from;
    private final long firstIndex;

    /** Takes bytes known to be records; {@code offsets} has one place an entry and the end. */
    Records(ByteBuffer bytes, int[] offsets, int from, long firstIndex) {
        this.bytes = bytes;
        this.offsets = offsets;
        this.from = from;
        this.firstIndex = firstIndex;
    }

    /** No entries. */
    public static Records empty(long firstIndex) {
        return new Records(ByteBuffer.allocate(0), new int[1], 0, firstIndex);
    }

    /**
     * The records in these bytes.
     *
     * @param wireBytes kept, not copied; not to be changed after
     * @param firstIndex the index that the first must have
     * @throws MalformedRecordsException if a length, checksum, kind or padding is wrong, the indexes have a gap, or a term
     *     goes back
     */
    public static Records parse(ByteBuffer wireBytes, long firstIndex) throws MalformedRecordsException {
        ByteBuffer in = wireBytes.slice();
        ByteBuffer view = in.duplicate();
        CRC32C crc = new CRC32C();
        int[] offsets = new int[16];
        int count = 0;
        int at = 0;
        long term = 0;
        while (at < in.capacity()) {
            int size = checkedSize(in, at);
            int length = in.getInt(at + RecordFormat.AT_LENGTH);
            if (in.getInt(at + RecordFormat.AT_CRC) != RecordFormat.crc(crc, view, at, length)) {
                throw new MalformedRecordsException("checksum of the record at " + at + " is wrong");
            }
            if (in.getLong(at + RecordFormat.AT_INDEX) != firstIndex + count) {
                throw new MalformedRecordsException("record at " + at + " is not entry " + (firstIndex + count));
            }
            if (in.getLong(at + RecordFormat.AT_TERM) < term) {
                throw new MalformedRecordsException("term goes back at " + at);
            }
            term = in.getLong(at + RecordFormat.AT_TERM);
            checkKind(in.get(at + RecordFormat.AT_KIND));
            if (count + 1 >= offsets.length) {
                offsets = Arrays.copyOf(offsets, offsets.length * 2);
            }
            offsets[count++] = at;
            at += size;
        }
        offsets[count] = at;
        return new Records(in, Arrays.copyOf(offsets, count + 1), 0, firstIndex);
    }

    private static int checkedSize(ByteBuffer in, int at) throws MalformedRecordsException {
        int left = in.capacity() - at;
        if (left < RecordFormat.AT_PAYLOAD) {
            throw new MalformedRecordsException("a record ends early at " + at);
        }
        int length = in.getInt(at + RecordFormat.AT_LENGTH);
        if (length < 0 || length > left - RecordFormat.AT_PAYLOAD || RecordFormat.sizeBytes(length) > left) {
            throw new MalformedRecordsException("a record ends early at " + at);
        }
        int size = RecordFormat.sizeBytes(length);
        for (int pad = at + RecordFormat.AT_PAYLOAD + length; pad < at + size; pad++) {
            if (in.get(pad) != 0) {
                throw new MalformedRecordsException("padding is not zero at " + pad);
            }
        }
        return size;
    }

    private static void checkKind(byte kind) throws MalformedRecordsException {
        try {
            EntryKind.of(kind);
        } catch (IllegalArgumentException e) {
            throw new MalformedRecordsException(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public long firstIndex() {
        return firstIndex;
    }

    @Override
    public int count() {
        return offsets.length - 1 - from;
    }

    @Override
    public long term(int offset) {
        return bytes.getLong(at(offset) + RecordFormat.AT_TERM);
    }

    @Override
    public int sizeBytes() {
        return offsets[offsets.length - 1] - offsets[from];
    }

    /** The records' bytes, read-only: what goes on the wire. */
    public ByteBuffer bytes() {
        return bytes.slice(offsets[from], sizeBytes()).asReadOnlyBuffer();
    }

    /** Kind of an entry, counted from the first. */
    public EntryKind kind(int offset) {
        return EntryKind.of(bytes.get(at(offset) + RecordFormat.AT_KIND));
    }

    /** Payload of an entry, counted from the first; a view. */
    public ByteBuffer payload(int offset) {
        int at = at(offset);
        return bytes.slice(at + RecordFormat.AT_PAYLOAD, bytes.getInt(at + RecordFormat.AT_LENGTH));
    }

    /** The entries without the first {@code skip}; shares the bytes. */
    public Records from(int skip) {
        return new Records(bytes, offsets, from + skip, firstIndex + skip);
    }

    /** The first {@code count} entries; shares the bytes. */
    Records upTo(int count) {
        return new Records(bytes, Arrays.copyOf(offsets, from + count + 1), from, firstIndex);
    }

    /** Where an entry's record is in {@link #bytes}; that of the one behind the last is where they end. */
    int offset(int entry) {
        return at(entry) - offsets[from];
    }

    private int at(int offset) {
        return offsets[from + offset];
    }
}
