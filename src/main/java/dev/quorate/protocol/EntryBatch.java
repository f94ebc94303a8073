package dev.quorate.protocol;

/**
 * A run of entries with contiguous indexes, as the core sees it: indexes and terms. What an entry holds is known to log
 * and store alone. May be empty.
 */
public interface EntryBatch {
    /** Index of the first entry; of an empty batch, the index its first entry would have. */
    long firstIndex();

    /** How many entries, 0 or more. */
    int count();

    /**
     * Term of an entry.
     *
     * @param offset 0..count()-1, counted from the first entry
     */
    long term(int offset);

    /** Bytes the entries take on the wire. */
    int sizeBytes();

    /** Index of the last entry; {@code firstIndex() - 1} when empty. */
    default long lastIndex() {
        return firstIndex() + count() - 1;
    }
}
