package dev.quorate.api;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The query of a request, read strictly: a parameter given twice, a broken escape or bytes that are no UTF-8 are
 * refused, where the platform would take the first, or put U+FFFD, in silence.
 */
final class Query {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s)?");
    private static final Pattern TTL = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)?");
    private static final Duration LONGEST_TTL = Duration.ofDays(3650);
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final String raw;

    private Query(String raw) {
        this.raw = raw;
    }

    /** Of the text after the question mark, not decoded; null without one. */
    static Query of(@Nullable String raw) {
        return new Query(raw == null ? "" : raw);
    }

    /**
     * A parameter that must be there.
     *
     * @throws Problem 400 if it is missing, doubled or cannot be decoded
     */
    String required(String name) {
        String value = optional(name);
        if (value == null) {
            throw Problem.badRequest(name, "is missing from the query");
        }
        return value;
    }

    /**
     * A parameter, or null without it.
     *
     * @throws Problem 400 if it is doubled or cannot be decoded
     */
    @Nullable
    String optional(String name) {
        String found = null;
        int start = 0;
        while (start < raw.length()) {
            int end = raw.indexOf('&', start);
            end = end < 0 ? raw.length() : end;
            int equals = raw.indexOf('=', start);
            int nameEnd = equals < 0 || equals > end ? end : equals;
            if (decode(name, raw.substring(start, nameEnd)).equals(name)) {
                if (found != null) {
                    throw Problem.badRequest(name, "is given twice in the query");
                }
                found = decode(name, raw.substring(Math.min(nameEnd + 1, end), end));
            }
            start = end + 1;
        }
        return found;
    }

    /**
     * A parameter that is a whole number, or -1 without it.
     *
     * @throws Problem the refusal, if it is another thing
     */
    int number(String name, Supplier<Problem> refusal) {
        String text = optional(name);
        if (text == null) {
            return -1;
        }
        if (text.isEmpty() || text.length() > 9 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw refusal.get();
        }
        return Integer.parseInt(text);
    }

    /**
     * A parameter that is a length of time as configuration writes it, such as {@code 500ms} or {@code 2s}, at most a
     * minute.
     *
     * @return the default without it
     * @throws Problem 400 if it is another thing
     */
    Duration duration(String name, Duration byDefault) {
        Duration asked = duration(name, LONGEST, "60s");
        return asked == null ? byDefault : asked;
    }

    /**
     * As {@link #duration(String, Duration)}, with another limit.
     *
     * @param limit the longest one, as the refusal names it
     * @return null without it
     */
    @Nullable
    Duration duration(String name, Duration longest, String limit) {
        String text = optional(name);
        if (text == null) {
            return null;
        }
        Matcher matcher = DURATION.matcher(text);
        if (matcher.matches()) {
            long number = Long.parseLong(matcher.group(1));
            Duration duration = "ms".equals(matcher.group(2)) ? Duration.ofMillis(number) : Duration.ofSeconds(number);
            if (!duration.isZero() && duration.compareTo(longest) <= 0) {
                return duration;
            }
        }
        throw Problem.badRequest(name, "must be 1ms.." + limit + ", such as 500ms or 2s");
    }

    /**
     * A parameter that is a time to live, such as {@code 30s}, {@code 15m} or {@code 7d}.
     *
     * @return zero without it
     * @throws Problem 400 if it is another thing
     */
    Duration ttl(String name) {
        String text = optional(name);
        return text == null ? Duration.ZERO : ttl(name, text);
    }

    /**
     * Reads a time to live.
     *
     * @throws Problem 400 if it is none
     */
    static Duration ttl(String name, String text) {
        Matcher matcher = TTL.matcher(text);
        if (matcher.matches()) {
            Duration ttl = unit(matcher.group(2)).multipliedBy(Long.parseLong(matcher.group(1)));
            if (!ttl.isZero() && ttl.compareTo(LONGEST_TTL) <= 0) {
                return ttl;
            }
        }
        throw Problem.badRequest(name, "must be 1ms..3650d, such as 30s, 15m, 12h or 7d");
    }

    private static Duration unit(@Nullable String text) {
        return switch (text == null ? "s" : text) {
            case "ms" -> Duration.ofMillis(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            case "d" -> Duration.ofDays(1);
            default -> Duration.ofSeconds(1);
        };
    }

    private static String decode(String name, String text) {
        return decode(name, text, true);
    }

    /**
     * Takes percent escapes out of a part of a URI.
     *
     * @param name what it is, for the refusal
     * @param plusIsSpace as in a query, and not in a path
     * @throws Problem 400 if it is no percent-encoded UTF-8
     */
    static String decode(String name, String text, boolean plusIsSpace) {
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
            return text;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                out.write(escaped(name, text, i));
                i += 2;
            } else if (c == '+' && plusIsSpace) {
                out.write(' ');
            } else {
                out.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        byte[] bytes = out.toByteArray();
        if (!Utf8.isText(bytes)) {
            throw Problem.badRequest(name, "must be percent-encoded UTF-8");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static int escaped(String name, String text, int at) {
        int high = at + 1 < text.length() ? Character.digit(text.charAt(at + 1), 16) : -1;
        int low = at + 2 < text.length() ? Character.digit(text.charAt(at + 2), 16) : -1;
        if (high < 0 || low < 0) {
            throw Problem.badRequest(name, "has a broken percent escape");
        }
        return high << 4 | low;
    }
}
