package dev.quorate.protocol;

/** What the core may ask of its replica's log. Reading only: changes leave the core as {@link Effects}. */
public interface LogView {
    /** Index of the last entry appended, durable or not; 0 when empty. */
    long lastIndex();

    /** Highest index that is on stable storage (under sync policy {@code interval}: written). Never above lastIndex. */
    long syncedIndex();

    /**
     * Term of the entry at an index.
     *
     * @return the term, 0 for index 0, and -1 where the log has no entry: above lastIndex or no longer kept
     */
    long termAt(long index);

    /** The first index of the run of entries that have the same term as the entry at {@code index} (1..lastIndex). */
    long firstIndexOfTermAt(long index);

    /**
     * A copy of the entries from an index on, as many as fit the limit, at least one if there is one.
     *
     * @param fromIndex 1..lastIndex+1
     * @param maxBytes most bytes to take, unless the first entry alone is larger
     */
    EntryBatch batch(long fromIndex, int maxBytes);

    /** Term and index of the last entry. */
    default Position lastPosition() {
        return new Position(termAt(lastIndex()), lastIndex());
    }
}
