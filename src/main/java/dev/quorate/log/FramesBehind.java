package dev.quorate.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * What whole frames say that stand behind the end of a log's chain: no part of the log any more, but proof of what was.
 *
 * @param syncedIndex the highest index that one of them names as synced; 0 for none
 * @param lastIndex the highest index of an entry in them; 0 for none
 */
record FramesBehind(long syncedIndex, long lastIndex) {
    static final FramesBehind NONE = new FramesBehind(0, 0);

    /** Those of a segment that begin at or behind an offset. */
    static FramesBehind read(CRC32C crc, ByteBuffer map, ByteBuffer view, int from) {
        FramesBehind all = NONE;
        for (int at = from; at + SegmentFormat.FRAME_BYTES <= map.capacity(); at += RecordFormat.ALIGNMENT) {
            if (SegmentFormat.frameEnd(crc, map, view, at) >= 0) {
                int count = SegmentFormat.frameCount(map, at);
                long last = count == 0 ? 0 : SegmentFormat.frameFirstIndex(map, at) + count - 1;
                all = all.and(new FramesBehind(SegmentFormat.frameSyncedIndex(map, at), last));
            }
        }
        return all;
    }

    FramesBehind and(FramesBehind others) {
        return new FramesBehind(Math.max(syncedIndex, others.syncedIndex), Math.max(lastIndex, others.lastIndex));
    }

    /**
     * Whether something was lost that may have been acknowledged. Where what breaks the chain was synced once, it is no torn
     * tail: then all that is whole behind it counts as lost, but for what a snapshot holds.
     *
     * @param end index of the log's last entry
     * @param snapshotIndex of the last entry in the snapshot; 0 for none
     */
    boolean proveLoss(long end, long snapshotIndex) {
        return syncedIndex > end && Math.max(syncedIndex, lastIndex) > snapshotIndex;
    }
}
