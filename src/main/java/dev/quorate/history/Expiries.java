package dev.quorate.history;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether what was to expire is gone in the end. That nothing expires early is a matter of linearizability, where a write
 * with a ttl is followed by a delete that cannot be earlier.
 */
final class Expiries {
    /** A failover makes it later, by 10 s at most and the time without a leader. */
    private static final long MOST_LATE_NS = 30_000_000_000L;

    private Expiries() {}

    static Verdict check(List<Operation> history) {
        Map<String, Operation> lastLooks = new HashMap<>();
        for (Operation read : history) {
            if (read.isRead() && read.isOk()) {
                lastLooks.merge(read.key(), read, (a, b) -> b.startNs() > a.startNs() ? b : a);
            }
        }
        boolean looked = false;
        for (Operation write : history) {
            @Nullable Operation last = lastLooks.get(write.key());
            if (write.ttlMs() == 0 || last == null) {
                continue;
            }
            looked |= last.value() == null;
            long lateNs = last.startNs() - write.endNs() - write.ttlMs() * 1_000_000;
            if (lateNs > MOST_LATE_NS && last.shown().equals(write.value())) {
                String reason = "what should have expired is there " + lateNs / 1_000_000_000 + " s later";
                return Verdict.violated(Guarantee.EXPIRY, reason, List.of(write, last));
            }
        }
        return looked
                ? Verdict.holds(Guarantee.EXPIRY)
                : Verdict.undecided(Guarantee.EXPIRY, "nothing was seen to expire");
    }
}
