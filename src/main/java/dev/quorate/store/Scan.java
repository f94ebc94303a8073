package dev.quorate.store;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Records in the order of their keys, as they were before some of them changed. Loop thread only. */
final class Scan {
    private static final int KEYS_AT_ONCE = 128;

    private final KeyIndex keys;
    private final Map<String, KeyRecord> newest;
    private final NavigableMap<String, Optional<KeyRecord>> then;

    /** @param then what keys that have changed were, absences included; it counts before what is newest */
    Scan(KeyIndex keys, Map<String, KeyRecord> newest, NavigableMap<String, Optional<KeyRecord>> then) {
        this.keys = keys;
        this.newest = newest;
        this.then = then;
    }

    /**
     * Hands over records.
     *
     * @param prefix the first key without it ends the scan
     * @param first the least key that is wanted; none that is below has the prefix and is wanted
     * @param consumer says whether it wants another one
     */
    void run(String prefix, String first, Predicate<KeyRecord> consumer) {
        String from = first;
        boolean more = true;
        while (more) {
            List<String> there = keys.from(from, KEYS_AT_ONCE);
            more = there.size() == KEYS_AT_ONCE;
            // What was deleted since stands in its place among those that are there.
            TreeSet<String> all = new TreeSet<>(there);
            String next = more ? KeyIndex.behind(there.get(there.size() - 1)) : "";
            all.addAll((more ? then.subMap(from, next) : then.tailMap(from)).keySet());
            for (String key : all) {
                KeyRecord record = was(key);
                if (!key.startsWith(prefix) || (record != null && !consumer.test(record))) {
                    return;
                }
            }
            from = next;
        }
    }

    private @Nullable KeyRecord was(String key) {
        Optional<KeyRecord> before = then.get(key);
        return before == null ? newest.get(key) : before.orElse(null);
    }
}
