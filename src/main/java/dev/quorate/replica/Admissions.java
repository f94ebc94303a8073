package dev.quorate.replica;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which incarnation of a replica the log admits: the newest entry counts, as long as it is in the log. Layout of such an
 * entry: replica (1) | incarnation (8). Written by the loop, read by anyone.
 */
final class Admissions {
    private static final int BYTES = 9;

    private final TreeMap<Long, Admitted> byIndex = new TreeMap<>();
    private volatile Map<Integer, Long> newest = Map.of();

    private record Admitted(int replica, long incarnation) {}

    static ByteBuffer encode(int replica, long incarnation) {
        return ByteBuffer.allocate(BYTES)
                .put((byte) replica)
                .putLong(incarnation)
                .flip();
    }

    void apply(long index, ByteBuffer payload) {
        int at = payload.position();
        byIndex.put(index, new Admitted(payload.get(at), payload.getLong(at + 1)));
        renew();
    }

    /** A truncation takes entries away, and what they said with them. */
    void undoFrom(long index) {
        byIndex.tailMap(index, true).clear();
        renew();
    }

    private void renew() {
        Map<Integer, Long> map = new HashMap<>();
        byIndex.values().forEach(admitted -> map.put(admitted.replica(), admitted.incarnation()));
        newest = Map.copyOf(map);
    }

    /** The incarnation of a replica: what the log says, else what the set was formed with. */
    long incarnation(int replica, long formedWith) {
        return newest.getOrDefault(replica, formedWith);
    }
}
