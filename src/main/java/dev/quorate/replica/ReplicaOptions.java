package dev.quorate.replica;

import dev.quorate.log.WalOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What one hosted replica is told once; checked before.
 *
 * @param replicaSet name of the set
 * @param replicas N
 * @param id which of them
 * @param directory its data directory
 * @param wal how the log is written
 * @param election {@code auto} or {@code none}; empty for what the set was formed with
 * @param electionTimeout the least time without a leader after which a replica stands
 * @param heartbeatInterval how often a leader shows itself
 * @param storeSizeBytes bytes of keys and values above which writes are refused
 * @param pendingWrites unanswered writes above which more are refused
 * @param uncommittedBytes bytes of undo tail above which writes are refused
 * @param snapshots when they are taken
 * @param idempotencyRetention how long outcomes under an idempotency key are remembered, in leader time
 * @param narrate whether keys and values are told in the log, as the original did
 */
record ReplicaOptions(
        String replicaSet,
        int replicas,
        int id,
        Path directory,
        WalOptions wal,
        Optional<String> election,
        Duration electionTimeout,
        Duration heartbeatInterval,
        long storeSizeBytes,
        int pendingWrites,
        long uncommittedBytes,
        SnapshotOptions snapshots,
        Duration idempotencyRetention,
        boolean narrate) {}
