/**
 * The core: who leads, what is committed, what must be durable before which word is sent; and the words all others use.
 * Deterministic: events, messages and ticks in, effects out; the same input gives the same output on any machine.
 * Pure: no I/O, no clock, no threads, no logger, no Mutiny, no Quarkus. It knows nobody; what it needs to be told, it is told.
 * One caller steps one core at a time: the loop of {@code replica}, or the simulation in the tests.
 * Everybody may use its words; only {@code replica} and tests may step it.
 */
@NullMarked
package dev.quorate.protocol;

import org.jspecify.annotations.NullMarked;
