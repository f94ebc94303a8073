package dev.quorate.replica;

import dev.quorate.protocol.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keys that follow each other, with their records, at one instant.
 *
 * @param records in the order of their keys, that of {@link String#compareTo}
 * @param next the key behind which the next page begins, or null where there is no more
 * @param read who served it, what it reflects, and how stale it can be; without a value
 * @param watchFrom the committed position at that instant: a watch from there tells what is committed later
 */
public record KeyPage(List<StoredValue> records, @Nullable String next, ReadResult read, Position watchFrom) {
    /**
     * Which keys are asked for.
     *
     * @param prefix that all begin with
     * @param after the key before the first, which need not be there; null for the first with that prefix
     * @param limit how many at most, 1 or more
     * @param valueBytes how many bytes of values at most, unless the first takes more alone
     */
    public record Range(String prefix, @Nullable String after, int limit, long valueBytes) {}
}
