/**
 * What can be set: one {@code @ConfigMapping} of the prefix {@code quorate}, with its defaults and its converters.
 * A wrong value ends the start with one sentence that says which key, what was read and what is allowed.
 * It computes nothing: a value that follows from others is worked out where it is used.
 * It knows nobody in this house.
 * Entered by {@code replica} and the edges; {@code protocol}, {@code log} and {@code store} are told values, not keys.
 */
@NullMarked
package dev.quorate.config;

import org.jspecify.annotations.NullMarked;
