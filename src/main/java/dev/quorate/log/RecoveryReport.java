package dev.quorate.log;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What opening a log found.
 *
 * @param entries how many entries it holds
 * @param bytes bytes of their records
 * @param tookMs how long reading them took
 * @param tornBytes bytes of a torn tail that were cut off; 0 for none
 * @param tornFile the file it was cut off, or null
 */
public record RecoveryReport(
        long entries,
        long bytes,
        long tookMs,
        long tornBytes,
        @Nullable Path tornFile) {}
