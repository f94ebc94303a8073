package dev.quorate.protocol;

import java.util.Arrays;

/** Arithmetic of quorums over the match indexes of a replica set. */
public final class Quorum {
    private Quorum() {}

    /** The smallest number of replicas that any two of them share a member: more than half. */
    public static int majority(int replicas) {
        return replicas / 2 + 1;
    }

    /**
     * The highest index that at least {@code count} replicas cover (Raft §5.3, the {@code N} of Figure 2).
     *
     * @param matchIndexes one entry a replica that counts, the leader's synced index among them; not changed
     * @param count 1..N
     * @return that index, or 0 if fewer than {@code count} replicas are given
     */
    public static long coveredBy(long[] matchIndexes, int count) {
        if (count > matchIndexes.length) {
            return 0;
        }
        long[] sorted = matchIndexes.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length - count];
    }
}
