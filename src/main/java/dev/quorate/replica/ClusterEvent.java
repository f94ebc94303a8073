package dev.quorate.replica;

import dev.quorate.protocol.Role;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a replica of this process, and why. For people and programs that watch: nothing is decided
 * by it.
 *
 * @param replica whom it happened to, 0..N-1
 * @param term the term it was in
 * @param role its role in that term
 * @param type what happened
 * @param reason the core's word for why, where the core decided it; the same as in the log and in metrics
 * @param cause why, as a sentence
 * @param atMs wall clock, for people; order is the journal's
 * @param details what else is known, by name; numbers and text
 */
public record ClusterEvent(
        int replica,
        long term,
        Role role,
        EventType type,
        @Nullable String reason,
        String cause,
        long atMs,
        Map<String, Object> details) {}
