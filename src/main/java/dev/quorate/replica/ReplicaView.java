package dev.quorate.replica;

import dev.quorate.protocol.Position;
import dev.quorate.protocol.Role;
import dev.quorate.protocol.Stage;
import org.jspecify.annotations.Nullable;

/**
 * What other threads may know of a replica: an immutable picture that its loop replaces when something changed.
 *
 * @param role its role
 * @param term its term
 * @param leader the leader of that term, or -1
 * @param last its log's last position
 * @param commitIndex what it knows to be committed
 * @param syncedIndex what is on its stable storage
 * @param stage how far formation is
 * @param setId the set's id; 0 when empty
 * @param serving whether it leads and has appended the no-op of its term
 * @param quarantined why its damaged log was set aside, while the others have not filled it again; or null
 * @param awaiting a sentence that says what keeps it from serving or following, or null
 * @param stopped why it stopped for good, or null
 * @param pendingWaits writes that wait for replicas
 * @param walBytes bytes of the log's files in use
 */
record ReplicaView(
        Role role,
        long term,
        int leader,
        Position last,
        long commitIndex,
        long syncedIndex,
        Stage stage,
        long setId,
        boolean serving,
        @Nullable String quarantined,
        @Nullable String awaiting,
        @Nullable String stopped,
        int pendingWaits,
        long walBytes) {
    /** Why the replica of that id does not serve, fit for a client. */
    String whyNot(int id) {
        if (stopped != null) {
            return "replica " + id + " stopped";
        }
        String obstacle = obstacle(id);
        return obstacle != null ? obstacle : "replica " + id + " does not lead";
    }

    /** What the replica of that id, which runs, waits for, or null. */
    @Nullable
    String obstacle(int id) {
        return quarantined == null
                ? awaiting
                : "replica " + id + " is in quarantine until the leader has filled its log again: " + quarantined;
    }

    /** Refuses unless it leads and takes requests. */
    void requireServing(int id) {
        if (!serving) {
            throw new ReplicaException.Unavailable(whyNot(id));
        }
    }

    /** Refuses if it stopped or belongs to no set yet. */
    void requireFormed(int id) {
        if (stopped != null || stage != Stage.FORMED) {
            throw new ReplicaException.Unavailable(whyNot(id));
        }
    }
}
