package dev.quorate.log;

import dev.quorate.protocol.EntryKind;

/**
 * What is kept free at the end of each segment for entries that a full disk must not stop. No-ops may use all of it: a
 * replica whose disk is full can still be restarted, and lead its reads. Entries that free space may use all but the
 * no-ops' part. What a leader has taken already may use a part of its own, which a leader's new entries leave free: the
 * same entries need a little more room where they were synced one by one, and on disks of one size the followers would
 * lack the last of what their leader took, and with it all that comes behind.
 */
final class SpareRoom {
    private static final int NO_OPS_BYTES = 4096;
    private static final int FREEING_BYTES = 1 << 16;
    private static final int FOLLOWING_BYTES = 1 << 16;

    private final int noOpsBytes;
    private final int freeingBytes;
    private final int followingBytes;

    /** No more than small segments can do without. */
    SpareRoom(int segmentSizeBytes) {
        noOpsBytes = Math.min(NO_OPS_BYTES, segmentSizeBytes / 4);
        freeingBytes = Math.min(FREEING_BYTES, segmentSizeBytes / 8);
        followingBytes = Math.min(FOLLOWING_BYTES, segmentSizeBytes / 8);
    }

    /** Bytes of all parts. */
    int bytes() {
        return noOpsBytes + freeingBytes + followingBytes;
    }

    /** Bytes that such a new entry of a leader leaves free. */
    int keptFrom(EntryKind kind, boolean freesSpace) {
        return kind == EntryKind.NO_OP ? 0 : freesSpace ? noOpsBytes : bytes();
    }

    /**
     * Bytes that entries of a leader leave free at a follower. Its first entry has room on full disks here as there: else
     * none of its term would be committed.
     */
    int keptFrom(Records batch, boolean freesSpace) {
        for (int i = 0; i < batch.count(); i++) {
            if (batch.kind(i) != EntryKind.NO_OP) {
                return noOpsBytes + (freesSpace ? 0 : freeingBytes);
            }
        }
        return 0;
    }
}
