package dev.quorate.log;

import dev.quorate.protocol.EntryKind;

/**
 * What is kept free at the end of each segment for entries that a full disk must not stop. No-ops may use all of it: a
 * replica whose disk is full can still be restarted, and lead its reads. Entries that free space may use all but the
 * no-ops' part; all others find room in the next segment, or none.
 */
final class SpareRoom {
    private static final int NO_OPS_BYTES = 4096;
    private static final int FREEING_BYTES = 1 << 16;

    private final int noOpsBytes;
    private final int freeingBytes;

    /** No more than small segments can do without. */
    SpareRoom(int segmentSizeBytes) {
        noOpsBytes = Math.min(NO_OPS_BYTES, segmentSizeBytes / 4);
        freeingBytes = Math.min(FREEING_BYTES, segmentSizeBytes / 8);
    }

    /** Bytes of both parts. */
    int bytes() {
        return noOpsBytes + freeingBytes;
    }

    /** Bytes that such an entry leaves free. */
    int keptFrom(EntryKind kind, boolean freesSpace) {
        return kind == EntryKind.NO_OP ? 0 : freesSpace ? noOpsBytes : bytes();
    }

    /** A new leader's first entry has room on full disks here as there: else none of its term would be committed. */
    int keptFrom(Records batch, boolean freesSpace) {
        for (int i = 0; i < batch.count(); i++) {
            if (batch.kind(i) != EntryKind.NO_OP) {
                return keptFrom(batch.kind(i), freesSpace);
            }
        }
        return 0;
    }
}
