/**
 * Recorded operations and the checkers of consistency: what clients asked, when, and what they were told.
 * A verdict follows from a history alone: no clock, no chance, no live replica; times arrive inside operations.
 * A recorder takes operations from many threads; the checkers are functions of a finished list.
 * It knows {@code protocol}'s positions and nothing else of this house.
 * Entered by {@code cli}, and by tests that record what they do to a cluster.
 */
@NullMarked
package dev.quorate.history;

import org.jspecify.annotations.NullMarked;
