/**
 * The state machine: versioned keys and values, mutations and their codec, the undo of the uncommitted tail, repairs.
 * The same entries applied in the same order give the same state on every replica: no clock, no chance, no outside.
 * It holds its state in memory and is told what to apply; it knows neither logs nor HTTP.
 * It uses the words of {@code protocol} and nothing else of this house.
 * Entered by {@code replica}, and by {@code cli} to read what a backup holds.
 */
@NullMarked
package dev.quorate.store;

import org.jspecify.annotations.NullMarked;
