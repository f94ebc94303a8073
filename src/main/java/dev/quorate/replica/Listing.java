package dev.quorate.replica;

import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Role;
import dev.quorate.store.KeyRecord;
import dev.quorate.store.Store;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes pages of keys in order, each at one instant. Values are not copied: what a page takes on the loop is a look at its
 * keys, and one at what is not committed. Loop thread only.
 */
final class Listing {
    private final int replica;
    private final Store store;
    private final LogView log;
    private final Freshness freshness;
    private final boolean leaderOnly;

    /** @param leaderOnly as of {@link Receipt#committed(boolean, boolean)} */
    Listing(int replica, Store store, LogView log, Freshness freshness, boolean leaderOnly) {
        this.replica = replica;
        this.store = store;
        this.log = log;
        this.freshness = freshness;
        this.leaderOnly = leaderOnly;
    }

    /** Of the newest state, without what read repair gave. */
    KeyPage newest(KeyPage.Range range, Role role, long commitIndex) {
        long stalenessMs = freshness.stalenessMs(role);
        Position last = log.lastPosition();
        String committed = Receipt.committed(last.index() <= commitIndex, leaderOnly);
        ReadResult read = new ReadResult(null, replica, role, last, committed, stalenessMs);
        return page(range, Long.MAX_VALUE, read, at(commitIndex));
    }

    /**
     * Of the state at or below the commit index, which nothing can take back.
     *
     * @param arrivedNanos when it was asked for: all that was acknowledged before is in it
     */
    KeyPage committed(KeyPage.Range range, Role role, long commitIndex, long arrivedNanos) {
        Position position = at(commitIndex);
        String committed = Receipt.committed(true, leaderOnly);
        long stalenessMs = Freshness.olderMs(System.nanoTime() - arrivedNanos);
        ReadResult read = new ReadResult(null, replica, role, position, committed, stalenessMs);
        return page(range, commitIndex, read, position);
    }

    private Position at(long index) {
        return new Position(log.termAt(index), index);
    }

    private KeyPage page(KeyPage.Range range, long index, ReadResult read, Position watchFrom) {
        Filling filling = new Filling(range);
        store.scan(range.prefix(), range.after(), index, filling::add);
        return new KeyPage(filling.records, filling.next, read, watchFrom);
    }

    private static final class Filling {
        private final KeyPage.Range range;
        private final List<StoredValue> records = new ArrayList<>();
        private long valueBytes;
        private @Nullable String next;

        Filling(KeyPage.Range range) {
            this.range = range;
        }

        /** One that does not fit says that there are more. */
        boolean add(KeyRecord record) {
            valueBytes += record.value().length;
            boolean fits = records.size() < range.limit() && valueBytes <= range.valueBytes();
            if (fits || records.isEmpty()) {
                records.add(Values.seen(record));
                return true;
            }
            next = records.get(records.size() - 1).key();
            return false;
        }
    }
}
