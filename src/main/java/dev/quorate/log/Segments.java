package dev.quorate.log;

import dev.quorate.protocol.EntryKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The segments of a log in the order in which they were begun, and what is read across them. After a truncation two of them
 * may have had an index; the later one's counts. Of the log's one thread.
 */
final class Segments {
    private final List<Segment> inOrder;

    /** Of at least one. */
    Segments(List<Segment> inOrder) {
        this.inOrder = inOrder;
    }

    /** The one that is written. */
    Segment newest() {
        return inOrder.get(inOrder.size() - 1);
    }

    int count() {
        return inOrder.size();
    }

    long sizeBytes() {
        long bytes = 0;
        for (Segment segment : inOrder) {
            bytes += segment.end();
        }
        return bytes;
    }

    /** All but the newest. */
    List<ColdSegment> cold() {
        List<ColdSegment> cold = new ArrayList<>();
        for (int i = 0; i + 1 < inOrder.size(); i++) {
            Segment segment = inOrder.get(i);
            int chain = inOrder.get(i + 1).header().previousChain();
            cold.add(new ColdSegment(segment, segment.end(), chain));
        }
        return cold;
    }

    // ---- reading ---------------------------------------------------------------------------------------------------

    /**
     * Entries from an index on, at least one of them.
     *
     * @param toIndex of the last that may be among them
     * @param maxBytes of the records behind the first
     */
    Records batch(long fromIndex, long toIndex, int maxBytes) {
        Segment segment = of(fromIndex);
        int count = 0;
        long bytes = 0;
        for (long index = fromIndex; index <= toIndex; index++) {
            segment = segment.holds(index) ? segment : of(index);
            int size = RecordFormat.sizeAt(segment.map(), segment.offset(index));
            if (count > 0 && bytes + size > maxBytes) {
                break;
            }
            bytes += size;
            count++;
        }
        return copy(fromIndex, count, Math.toIntExact(bytes));
    }

    private Records copy(long fromIndex, int count, int bytes) {
        byte[] out = new byte[bytes];
        int[] offsets = new int[count + 1];
        int at = 0;
        Segment segment = of(fromIndex);
        for (int i = 0; i < count; i++) {
            segment = segment.holds(fromIndex + i) ? segment : of(fromIndex + i);
            int offset = segment.offset(fromIndex + i);
            int size = RecordFormat.sizeAt(segment.map(), offset);
            segment.map().get(offset, out, at, size);
            offsets[i] = at;
            at += size;
        }
        offsets[count] = at;
        return new Records(ByteBuffer.wrap(out), offsets, 0, fromIndex);
    }

    private Segment of(long index) {
        for (int i = inOrder.size() - 1; i >= 0; i--) {
            Segment segment = inOrder.get(i);
            if (segment.holds(index)) {
                return segment;
            }
        }
        throw new IllegalArgumentException("the log has no entry " + index);
    }

    /** Hands over the entries from one index to another, both included; none where they are the wrong way round. */
    void replay(long fromIndex, long toIndex, EntryVisitor visitor) {
        if (fromIndex > toIndex) {
            return;
        }
        Segment segment = of(fromIndex);
        for (long index = fromIndex; index <= toIndex; index++) {
            segment = segment.holds(index) ? segment : of(index);
            int at = segment.offset(index);
            ByteBuffer map = segment.map();
            ByteBuffer payload = map.slice(at + RecordFormat.AT_PAYLOAD, map.getInt(at + RecordFormat.AT_LENGTH));
            EntryKind kind = EntryKind.of(map.get(at + RecordFormat.AT_KIND));
            visitor.visit(index, map.getLong(at + RecordFormat.AT_TERM), kind, payload);
        }
    }

    // ---- changing --------------------------------------------------------------------------------------------------

    void add(Segment segment) {
        inOrder.add(segment);
    }

    /** Entries above the index count no more. */
    void keep(long index) {
        for (Segment segment : inOrder) {
            segment.keep(index);
        }
    }

    /**
     * How many of the oldest hold nothing above an index. A later segment may have taken back what stood in an earlier one:
     * the log begins where no later one begins lower.
     */
    int droppable(long index) {
        int droppable = 0;
        long lowest = Long.MAX_VALUE;
        for (int i = inOrder.size() - 1; i > 0; i--) {
            long first = inOrder.get(i).firstIndex();
            if (first <= lowest && first - 1 <= index && droppable == 0) {
                droppable = i;
            }
            lowest = Math.min(lowest, first);
        }
        return droppable;
    }

    /** Where the log begins without so many of the oldest. */
    long firstIndexBehind(int dropped) {
        return inOrder.get(dropped).firstIndex();
    }

    /** Lets go of so many of the oldest; their files are still there. */
    List<Segment> drop(int count) {
        List<Segment> head = inOrder.subList(0, count);
        List<Segment> dropped = List.copyOf(head);
        head.clear();
        dropped.forEach(Segment::drop);
        return dropped;
    }

    void close() throws IOException {
        for (Segment segment : inOrder) {
            segment.close();
        }
    }

    @Override
    public String toString() {
        return inOrder.stream()
                .map(segment -> segment.file().getFileName())
                .toList()
                .toString();
    }
}
