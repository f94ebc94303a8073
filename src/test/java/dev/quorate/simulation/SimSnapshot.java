package dev.quorate.simulation;

/**
 * A snapshot: the state that the entry at its end leaves, in so many parts.
 *
 * @param at the last entry that it covers
 * @param parts how many requests it takes to send it, 1 or more
 */
record SimSnapshot(SimEntry at, int parts) {}
