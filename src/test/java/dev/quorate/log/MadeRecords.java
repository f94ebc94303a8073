package dev.quorate.log;

import dev.quorate.protocol.EntryKind;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/** Entries as another replica's log would hand them over, without one. */
public final class MadeRecords {
    private MadeRecords() {}

    /** One of them. */
    public record Entry(long term, EntryKind kind, ByteBuffer payload) {}

    /** These, of which the first has that index. */
    public static Records of(long firstIndex, List<Entry> entries) {
        int size = entries.stream()
                .mapToInt(entry -> RecordFormat.sizeBytes(entry.payload.remaining()))
                .sum();
        ByteBuffer out = ByteBuffer.allocate(size);
        CRC32C crc = new CRC32C();
        int at = 0;
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            int length = entry.payload.remaining();
            RecordFormat.write(out, at, firstIndex + i, entry.term, entry.kind.code(), entry.payload);
            out.putInt(at + RecordFormat.AT_CRC, RecordFormat.crc(crc, out.duplicate(), at, length));
            at += RecordFormat.sizeBytes(length);
        }
        try {
            return Records.parse(out, firstIndex);
        } catch (MalformedRecordsException e) {
            throw new IllegalStateException(e);
        }
    }
}
