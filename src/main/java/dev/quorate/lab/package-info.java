/**
 * The laboratory: delays, losses, cuts, pauses, crashes and slow disks, made by decorating the ports of {@code replica}.
 * Off unless {@code quorate.lab.enabled}; switched off it is not in any path.
 * Nothing may need it: the house stands with this package removed.
 * It knows {@code replica} and the words of {@code protocol}; it never meets {@code api}, {@code peer} or {@code ops}.
 * Nobody enters by name: the way in is HTTP, or a scenario in a test.
 */
@NullMarked
package dev.quorate.lab;

import org.jspecify.annotations.NullMarked;
