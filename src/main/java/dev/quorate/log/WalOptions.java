package dev.quorate.log;

import java.time.Duration;

/**
 * How a log is written.
 *
 * @param segmentSizeBytes size of a segment file, 64 KiB..1 GiB; one entry larger than that gets a larger one
 * @param sync when an entry counts as synced
 * @param syncInterval under {@link SyncPolicy#INTERVAL}: time between syncs
 */
public record WalOptions(int segmentSizeBytes, SyncPolicy sync, Duration syncInterval) {}
