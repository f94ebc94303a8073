package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.Precondition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code If-Match} or {@code If-None-Match} lists (RFC 9110 §8.8.3, §13.1): entity tags, of which ours are versions,
 * or {@code *} for whatever there is. A tag that is no version of ours is kept as one that matches nothing.
 *
 * @param text the header as it came, several lines of it joined, to be passed on
 * @param any whether it is {@code *}
 * @param strong the versions in tags that are not weak
 * @param weak the versions in weak tags
 */
record EntityTags(String text, boolean any, List<Position> strong, List<Position> weak) {
    /**
     * Reads a header.
     *
     * @param header its name, for the refusal
     * @param lines its values, in order; none where it was not sent
     * @return null where it was not sent
     * @throws Problem 400 if it is neither {@code *} nor a list of quoted tags
     */
    static @Nullable EntityTags of(String header, List<String> lines) {
        if (lines.isEmpty()) {
            return null;
        }
        String text = String.join(", ", lines);
        List<Position> strong = new ArrayList<>(1);
        List<Position> weak = new ArrayList<>(0);
        boolean any = text.trim().equals("*");
        if (!any) {
            new Reader(header, text).read(strong, weak);
        }
        return new EntityTags(text, any, List.copyOf(strong), List.copyOf(weak));
    }

    /** As {@code If-Match} compares: a weak tag matches nothing. */
    boolean matchesStrongly(Position version) {
        return any || strong.contains(version);
    }

    /** As {@code If-None-Match} compares. */
    boolean matchesWeakly(Position version) {
        return matchesStrongly(version) || weak.contains(version);
    }

    /** As a condition of a write: what {@link #matchesStrongly} says. */
    Precondition.Versions stronglyMatched() {
        return new Precondition.Versions(any, strong);
    }

    /** As a condition of a write: what {@link #matchesWeakly} says. */
    Precondition.Versions weaklyMatched() {
        List<Position> both = new ArrayList<>(strong);
        both.addAll(weak);
        return new Precondition.Versions(any, List.copyOf(both));
    }

    private static final class Reader {
        private final String header;
        private final String text;
        private int at;

        Reader(String header, String text) {
            this.header = header;
            this.text = text;
        }

        /** Elements may be empty, as §5.6.1.2 has recipients take them; all of them may not. */
        void read(List<Position> strong, List<Position> weak) {
            int found = 0;
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == ' ' || c == '\t' || c == ',') {
                    at++;
                    continue;
                }
                boolean isWeak = text.startsWith("W/", at);
                at += isWeak ? 2 : 0;
                Position version = version(opaque());
                if (version != null) {
                    (isWeak ? weak : strong).add(version);
                }
                found++;
                expectEndOfElement();
            }
            if (found == 0) {
                throw refuse();
            }
        }

        private String opaque() {
            int end = at < text.length() && text.charAt(at) == '"' ? text.indexOf('"', at + 1) : -1;
            if (end < 0) {
                throw refuse();
            }
            String opaque = text.substring(at + 1, end);
            at = end + 1;
            return opaque;
        }

        private void expectEndOfElement() {
            while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
                at++;
            }
            if (at < text.length() && text.charAt(at) != ',') {
                throw refuse();
            }
        }

        private Problem refuse() {
            return Problem.badRequest(header, "must be * or quoted tags, such as \"3.42\", \"3.43\"");
        }

        private static @Nullable Position version(String opaque) {
            try {
                Position version = Position.parse(opaque);
                // 03.42 is another tag than 3.42, though it reads as the same position.
                return version.toString().equals(opaque) ? version : null;
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
    }
}
