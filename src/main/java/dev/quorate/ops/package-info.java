/**
 * What an operator sees: health, metrics, scheduled jobs, and the order of start and shutdown.
 * It watches {@code replica}'s snapshots and events, and opens and closes the house; it decides nothing of the protocol.
 * A figure carries the same words here as in the logs and in JSON.
 * It knows {@code replica} and the words of {@code protocol}; it never meets {@code api}, {@code peer} or {@code lab}.
 * Called by nobody but the platform.
 */
@NullMarked
package dev.quorate.ops;

import org.jspecify.annotations.NullMarked;
