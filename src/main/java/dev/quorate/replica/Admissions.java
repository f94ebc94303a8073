package dev.quorate.replica;

import dev.quorate.store.MalformedStateException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which incarnation of a replica the log admits: the newest entry counts, as long as it is in the log. Layout of such an
 * entry: replica (1) | incarnation (8); in a snapshot: version (1) | and for each replica that was admitted: index (8) |
 * replica (1) | incarnation (8). Written by the loop, read by anyone.
 */
final class Admissions {
    private static final int BYTES = 9;
    private static final byte VERSION = 1;

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

    /** What a snapshot of the state at an index holds of this. */
    ByteBuffer upTo(long index) {
        Map<Integer, Long> indexes = new HashMap<>();
        byIndex.headMap(index, true).forEach((at, admitted) -> indexes.put(admitted.replica(), at));
        ByteBuffer out =
                ByteBuffer.allocate(1 + indexes.size() * (Long.BYTES + BYTES)).put(VERSION);
        indexes.values().stream().sorted().forEach(at -> {
            Admitted admitted = byIndex.get(at);
            if (admitted != null) {
                out.putLong(at).put((byte) admitted.replica()).putLong(admitted.incarnation());
            }
        });
        return out.flip();
    }

    /** Nothing but what a snapshot holds counts. */
    void become(ByteBuffer snapshot) {
        ByteBuffer in = snapshot.slice();
        if (in.get() != VERSION || in.remaining() % (Long.BYTES + BYTES) != 0) {
            throw new MalformedStateException("a snapshot's admissions are not of this version");
        }
        byIndex.clear();
        while (in.hasRemaining()) {
            byIndex.put(in.getLong(), new Admitted(in.get(), in.getLong()));
        }
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
