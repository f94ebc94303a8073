package dev.quorate.replica;

/**
 * When snapshots are taken, and what stays of the log behind them.
 *
 * @param everyBytes growth of the log after which one is due
 * @param keepEntries entries kept below one, for followers that are a little behind
 */
record SnapshotOptions(long everyBytes, long keepEntries) {}
