package dev.quorate.replica;

import dev.quorate.protocol.Position;
import java.util.List;

/**
 * What an acknowledged write is worth.
 *
 * @param version position of the entry
 * @param required how many replicas were asked for
 * @param acknowledgedBy replicas that cover the entry on stable storage, ascending
 * @param committed {@code "true"}, {@code "false"}, or {@code "leader-only"} under {@code election=none}
 * @param created whether it made a key that was not there; never of a batch
 * @param replayed whether an earlier try under the same idempotency key did it
 */
public record Receipt(
        Position version,
        int required,
        List<Integer> acknowledgedBy,
        String committed,
        boolean created,
        boolean replayed) {
    /** Committed, where replica 0 leads for ever and its own disk decides. */
    public static final String LEADER_ONLY = "leader-only";

    /** @param leaderOnly whether {@code election=none}: what the leader alone has synced is committed */
    static String committed(boolean committed, boolean leaderOnly) {
        return !committed ? "false" : leaderOnly ? LEADER_ONLY : "true";
    }
}
