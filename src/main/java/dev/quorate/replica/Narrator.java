package dev.quorate.replica;

import dev.quorate.log.RecoveryReport;
import dev.quorate.store.Store;
import java.nio.charset.StandardCharsets;
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
    private static final int TOLD_ONE_BY_ONE = 100;

    private final boolean enabled;
    private final TreeMap<Long, Told> recent = new TreeMap<>();

    Narrator(boolean enabled) {
        this.enabled = enabled;
    }

    private record Told(String key, boolean quorum) {}

    /** Each key of a small log, else one line; and what was cut off. */
    void replayed(int replica, RecoveryReport report, Store store) {
        if (report.tornBytes() > 0) {
            LOG.warnf("replica=%d cut a torn tail of %d bytes off %s", replica, report.tornBytes(), report.tornFile());
        }
        if (enabled && replica == 0 && store.size() <= TOLD_ONE_BY_ONE) {
            store.forEach(record -> LOG.infof(
                    "[WAL REPLAY] Restored key=%s value=%s",
                    record.key(), new String(record.value(), StandardCharsets.UTF_8)));
        } else if (report.entries() > 0) {
            LOG.infof(
                    "[WAL REPLAY] replica=%d entries=%d bytes=%d tookMs=%d",
                    replica, report.entries(), report.bytes(), report.tookMs());
        }
    }

    void wrote(long index, String key, byte[] value, int required) {
        if (enabled) {
            LOG.infof("Leader wrote key=%s value=%s", key, new String(value, StandardCharsets.UTF_8));
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
