package dev.quorate.replica;

import dev.quorate.protocol.Role;
import org.jspecify.annotations.Nullable;

/**
 * One replica as another, or it itself, sees it: a line of {@code /cluster}.
 *
 * @param id 0..N-1
 * @param url its base URL
 * @param role its role
 * @param state {@code empty}, {@code forming}, {@code formed}, {@code joining}, {@code quarantined}, {@code recovered},
 *     {@code stopped} or {@code unknown}; of another process' replica only whether it counts is known, and only by the
 *     leader's
 * @param why what keeps it from serving, as far as this process knows, or null
 * @param reachable whether it answered lately; the replica asked itself always does
 * @param lastIndex its last index, as far as known
 * @param commitIndex its commit index, as far as known
 * @param appliedIndex last index applied to its store, as far as known
 * @param lagEntries entries that it lacks of the leader's log
 * @param lagMillis milliseconds since it last had all of the leader's log; 0 when it does
 * @param snapshot how far its snapshots are; null where another process hosts it
 */
public record ReplicaStatus(
        int id,
        String url,
        Role role,
        String state,
        @Nullable String why,
        boolean reachable,
        long lastIndex,
        long commitIndex,
        long appliedIndex,
        long lagEntries,
        long lagMillis,
        @Nullable SnapshotStatus snapshot) {}
