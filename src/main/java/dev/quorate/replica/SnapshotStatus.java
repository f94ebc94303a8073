package dev.quorate.replica;

import org.jspecify.annotations.Nullable;

/**
 * How far a replica's snapshots are.
 *
 * @param index of the newest that is durable; 0 while there is none
 * @param sizeBytes size of that one
 * @param writtenAtMs wall clock of when it was begun; 0 while there is none
 * @param writingIndex index of the one being written; 0 for none
 * @param receivingIndex index of the one that a leader sends; 0 for none
 * @param percent how much of the one that arrives, or is being written, is there, as far as can be told, 0..100
 * @param failure why the last attempt failed, or null
 * @param firstIndex index of the first entry that the log still keeps
 */
public record SnapshotStatus(
        long index,
        long sizeBytes,
        long writtenAtMs,
        long writingIndex,
        long receivingIndex,
        int percent,
        @Nullable String failure,
        long firstIndex) {
    SnapshotStatus receiving(long receivedIndex, int receivedPercent) {
        return new SnapshotStatus(
                index, sizeBytes, writtenAtMs, writingIndex, receivedIndex, receivedPercent, failure, firstIndex);
    }

    /** {@code none}, {@code receiving}, {@code writing}, {@code written} or {@code failed}. */
    public String state() {
        if (receivingIndex > 0) {
            return "receiving";
        }
        if (writingIndex > 0) {
            return "writing";
        }
        return failure != null ? "failed" : index > 0 ? "written" : "none";
    }
}
