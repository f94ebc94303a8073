package dev.quorate.store;

import dev.quorate.protocol.Position;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What read repair gave a replica that is behind (protocol.md §5): volatile, shown to local reads alone, dropped when
 * the log passes the position or the term changes. Written by one thread, read by any.
 */
final class Overlay {
    private final Map<String, Patch> patches = new ConcurrentHashMap<>();

    /** A record or absence, and the leader's last position when it was taken. */
    record Patch(@Nullable KeyRecord record, Position at) {}

    @Nullable
    Patch get(String key) {
        return patches.isEmpty() ? null : patches.get(key);
    }

    /** Of two for a key the higher stays. */
    boolean offer(String key, Patch patch) {
        Patch there = patches.get(key);
        if (there != null && !patch.at().isAfter(there.at())) {
            return false;
        }
        patches.put(key, patch);
        return true;
    }

    void dropUpTo(Position last) {
        if (!patches.isEmpty()) {
            patches.values().removeIf(patch -> !patch.at().isAfter(last));
        }
    }

    void clear() {
        patches.clear();
    }
}
