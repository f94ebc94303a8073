package dev.quorate.api;

import java.time.DayOfWeek;
import java.time.LocalDateTime;
import java.time.Month;
import java.time.ZoneOffset;
import java.time.format.TextStyle;
import java.util.Arrays;
import java.util.Locale;

/** Points in time as text, without a formatter's machinery: every read shows two. */
final class Times {
    private static final String[] DAYS = Arrays.stream(DayOfWeek.values())
            .map(day -> day.getDisplayName(TextStyle.SHORT, Locale.ENGLISH))
            .toArray(String[]::new);
    private static final String[] MONTHS = Arrays.stream(Month.values())
            .map(month -> month.getDisplayName(TextStyle.SHORT, Locale.ENGLISH))
            .toArray(String[]::new);

    private Times() {}

    /** ISO 8601 in UTC, always with milliseconds: {@code 2026-11-24T10:45:00.000Z}. */
    static String iso(long epochMs) {
        LocalDateTime time = utc(epochMs);
        StringBuilder out = new StringBuilder(24);
        digits(out, time.getYear(), 4).append('-');
        digits(out, time.getMonthValue(), 2).append('-');
        digits(out, time.getDayOfMonth(), 2).append('T');
        clock(out, time).append('.');
        return digits(out, (int) Math.floorMod(epochMs, 1000L), 3).append('Z').toString();
    }

    /** As HTTP writes it: {@code Tue, 24 Nov 2026 10:45:00 GMT}. */
    static String http(long epochMs) {
        LocalDateTime time = utc(epochMs);
        StringBuilder out = new StringBuilder(29);
        out.append(DAYS[time.getDayOfWeek().getValue() - 1]).append(", ");
        digits(out, time.getDayOfMonth(), 2).append(' ');
        out.append(MONTHS[time.getMonthValue() - 1]).append(' ');
        digits(out, time.getYear(), 4).append(' ');
        return clock(out, time).append(" GMT").toString();
    }

    private static LocalDateTime utc(long epochMs) {
        long seconds = Math.floorDiv(epochMs, 1000L);
        return LocalDateTime.ofEpochSecond(seconds, (int) Math.floorMod(epochMs, 1000L) * 1_000_000, ZoneOffset.UTC);
    }

    private static StringBuilder clock(StringBuilder out, LocalDateTime time) {
        digits(out, time.getHour(), 2).append(':');
        digits(out, time.getMinute(), 2).append(':');
        return digits(out, time.getSecond(), 2);
    }

    private static StringBuilder digits(StringBuilder out, int number, int width) {
        String text = Integer.toString(number);
        return out.append("0".repeat(Math.max(0, width - text.length()))).append(text);
    }
}
