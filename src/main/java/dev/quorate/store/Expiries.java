package dev.quorate.store;

import java.util.Comparator;
import java.util.Iterator;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * When which key's newest record expires, the earliest first. It follows what the store holds as newest, undo included,
 * and is no state of its own. One thread.
 */
final class Expiries {
    private final TreeSet<Due> due =
            new TreeSet<>(Comparator.comparingLong(Due::atMs).thenComparing(Due::key));

    private record Due(long atMs, String key) {}

    boolean isEmpty() {
        return due.isEmpty();
    }

    /** A key's newest record is another one now, or none. */
    void replaced(@Nullable KeyRecord before, @Nullable KeyRecord after) {
        if (before != null && before.expiresAtMs() != 0) {
            due.remove(new Due(before.expiresAtMs(), before.key()));
        }
        if (after != null && after.expiresAtMs() != 0) {
            due.add(new Due(after.expiresAtMs(), after.key()));
        }
    }

    /** Hands over the keys that are due at that leader time. */
    void due(long nowMs, int limit, Consumer<String> consumer) {
        Iterator<Due> earliest = due.iterator();
        for (int i = 0; i < limit && earliest.hasNext(); i++) {
            Due next = earliest.next();
            if (next.atMs > nowMs) {
                return;
            }
            consumer.accept(next.key);
        }
    }
}
