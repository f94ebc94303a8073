/**
 * The write-ahead log: record format, segments, group commit, recovery, hard state, snapshots and the data directory.
 * {@code append} is not durable; what {@code syncedIndex} covers is. A failed sync is final: nothing is tried again.
 * It moves bytes under positions and knows neither keys nor values, neither HTTP nor replicas.
 * It uses the words of {@code protocol} and nothing else of this house.
 * Entered by {@code replica}, and by {@code cli} on a data directory that no server holds.
 */
@NullMarked
package dev.quorate.log;

import org.jspecify.annotations.NullMarked;
