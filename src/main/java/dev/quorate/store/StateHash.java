package dev.quorate.store;

import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The hash of a state: the sum, modulo 2^64, of those of its records, so that it follows each change by itself, in whatever
 * order the state came about; and what it was at some indexes, so that replicas can compare theirs at an equal one. One
 * thread.
 */
final class StateHash {
    static final int MARK_EVERY = 1_024;

    /** More than a follower is behind while it keeps up: one that lags further is compared when it has caught up. */
    static final int MARKS = 32;

    private final int markEvery;
    private final TreeMap<Long, Long> marks = new TreeMap<>();
    private long records;

    /** The state has not changed from this index on. */
    private long since;

    /** @param markEvery a power of two */
    StateHash(int markEvery) {
        this.markEvery = markEvery;
    }

    /** A record takes the place of another; null for none. */
    void replaced(@Nullable KeyRecord before, @Nullable KeyRecord after) {
        records += RecordHash.of(after) - RecordHash.of(before);
    }

    /** The state of now, with the other parts of it. */
    long now(Outcomes outcomes, long leaderTimeMs) {
        return records + outcomes.hash() + RecordHash.ofLeaderTime(leaderTimeMs);
    }

    /** The entry of this index is about to change the state. */
    void changesAt(long index, Outcomes outcomes, long leaderTimeMs) {
        long mark = (index - 1) & -markEvery;
        if (mark >= since && mark > 0) {
            marks.put(mark, now(outcomes, leaderTimeMs));
            if (marks.size() > MARKS) {
                marks.pollFirstEntry();
            }
        }
        since = Math.max(since, index);
    }

    /** The entries from this index on are taken back. */
    void undoneFrom(long index) {
        since = Math.min(since, index - 1);
        marks.tailMap(index, true).clear();
    }

    /** Another state takes the place of this one. */
    void become(long recordsHash, long index) {
        records = recordsHash;
        since = index;
        marks.clear();
    }

    /** What it was at indexes up to that of the committed state, where that is known. */
    NavigableMap<Long, Long> upTo(long committedIndex, Outcomes outcomes, long leaderTimeMs) {
        TreeMap<Long, Long> known = new TreeMap<>(marks.headMap(committedIndex, true));
        if (since <= committedIndex && committedIndex > 0) {
            known.put(committedIndex, now(outcomes, leaderTimeMs));
        }
        return known;
    }
}
