package dev.quorate.protocol;

/** What the core may ask of its replica's log. Reading only: changes leave the core as {@link Effects}. */
public interface LogView {
    /** Index of the last entry appended, durable or not; 0 when empty. */
    long lastIndex();

    /** Highest index that is on stable storage (under sync policy {@code interval}: written). Never above lastIndex. */
    long syncedIndex();

    /** Index of the first entry still kept; those below it are in the snapshot alone. lastIndex + 1 when none is kept. */
    long firstIndex();

    /**
     * Position of the newest durable snapshot, at or above firstIndex - 1; {@link Position#NONE} while there is none. What it
     * holds is committed.
     */
    Position snapshot();

    /**
     * Term of the entry at an index, also of one that is no longer kept: where terms begin is remembered.
     *
     * @return the term, 0 for index 0, and -1 above lastIndex
     */
    long termAt(long index);

    /** The first index of the run of entries that have the same term as the entry at {@code index} (1..lastIndex). */
    long firstIndexOfTermAt(long index);

    /**
     * A copy of the entries from an index on, as many as fit the limit, at least one if there is one.
     *
     * @param fromIndex firstIndex..lastIndex+1
     * @param maxBytes most bytes to take, unless the first entry alone is larger
     */
    EntryBatch batch(long fromIndex, int maxBytes);

    /** Term and index of the last entry. */
    default Position lastPosition() {
        return new Position(termAt(lastIndex()), lastIndex());
    }
}
