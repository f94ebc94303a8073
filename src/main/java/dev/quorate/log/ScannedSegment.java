package dev.quorate.log;

/**
 * What a segment file holds.
 *
 * @param name its name
 * @param sizeBytes its size
 * @param usedBytes up to where its frames continue each other
 * @param sequence its number
 * @param firstIndex of its first entry, which it may not have yet
 * @param lastIndex of its last entry that counts; below {@code firstIndex} where it has none
 * @param removedUpTo of the last entry in it that a later segment took back; below {@code lastIndex} where there is none
 * @param frames how many syncs wrote to it
 * @param firstTerm of its first entry; 0 where it has none
 * @param lastTerm of its last entry that counts, or of the one before it
 */
public record ScannedSegment(
        String name,
        long sizeBytes,
        long usedBytes,
        long sequence,
        long firstIndex,
        long lastIndex,
        long removedUpTo,
        int frames,
        long firstTerm,
        long lastTerm) {
    /** How many of its entries count. */
    public long entries() {
        return Math.max(0, lastIndex - firstIndex + 1);
    }
}
