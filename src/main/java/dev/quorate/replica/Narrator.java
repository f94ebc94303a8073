package dev.quorate.replica;

import java.util.Map;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/**
 * Tells in the log what a person who tries the store wants to read, in the words of the original: with keys and values,
 * so in the dev profile only. Loop thread of the leader.
 */
final class Narrator {
    private static final Logger LOG = Logger.getLogger("dev.quorate");
    private static final int REMEMBERED = 10_000;

    private final boolean enabled;
    private final TreeMap<Long, Told> recent = new TreeMap<>();

    Narrator(boolean enabled) {
        this.enabled = enabled;
    }

    private record Told(String key, boolean quorum) {}

    boolean isEnabled() {
        return enabled;
    }

    void replayed(String key, String value) {
        LOG.infof("[WAL REPLAY] Restored key=%s value=%s", key, value);
    }

    void wrote(long index, String key, String value, int required) {
        if (enabled) {
            LOG.infof("Leader wrote key=%s value=%s", key, value);
            recent.put(index, new Told(key, required > 1));
            if (recent.size() > REMEMBERED) {
                recent.pollFirstEntry();
            }
        }
    }

    void advanced(int follower, long fromIndex, long matchIndex) {
        if (enabled) {
            for (Map.Entry<Long, Told> entry :
                    recent.subMap(fromIndex, false, matchIndex, true).entrySet()) {
                Told told = entry.getValue();
                LOG.infof(
                        "[%s] Replicated key=%s to follower %d", told.quorum ? "QUORUM" : "ASYNC", told.key, follower);
            }
        }
    }

    void repaired(int follower, String key) {
        if (enabled) {
            LOG.infof("[REPAIR] Repaired follower %d with key=%s", follower, key);
        }
    }
}
