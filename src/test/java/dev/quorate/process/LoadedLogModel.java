package dev.quorate.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.HardState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What must be in the directory of a {@link LoadedLog}, from what it said before its power was cut; compared with what
 * the next one says that it finds.
 */
final class LoadedLogModel {
    private static final long NONE = Long.MAX_VALUE;

    private final List<Long> terms = new ArrayList<>();
    private final Set<String> saved = new HashSet<>();
    private HardState hardState = HardState.INITIAL;
    private @Nullable HardState voting;
    private boolean named;
    private long synced;
    private long truncating = NONE;
    private long acknowledged;
    private Found found = new Found();

    /** What a power failure left. */
    private static final class Found {
        private final List<Long> terms = new ArrayList<>();
        private final Set<String> saved = new HashSet<>();
        private HardState hardState = HardState.INITIAL;
        private boolean named;
    }

    /** How many entries it called synced, over its life. */
    long acknowledged() {
        return acknowledged;
    }

    /**
     * It said a line.
     *
     * @param when for the message of a failure
     */
    void heard(String line, String when) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
            case "found-hard-state" -> found.hardState = hardState(words);
            case "found-identity" -> found.named = true;
            case "found-entries" -> extend(found.terms, words);
            case "found-saved" -> found.saved.add(words[1]);
            case "opened" -> compare(when);
            case "named" -> named = true;
            case "voting" -> voting = hardState(words);
            case "voted" -> {
                hardState = hardState(words);
                voting = null;
            }
            case "appending" -> extend(terms, words);
            case "synced" -> {
                acknowledged += Long.parseLong(words[1]) - synced;
                synced = Long.parseLong(words[1]);
            }
            case "saved" -> saved.add(words[1]);
            case "truncating" -> truncating = Long.parseLong(words[1]);
            case "truncated" -> {
                cut(truncating - 1);
                synced = terms.size();
                truncating = NONE;
            }
            default -> throw new AssertionError(when + ": " + line);
        }
    }

    private static HardState hardState(String[] words) {
        return new HardState(Long.parseLong(words[1]), Integer.parseInt(words[2]));
    }

    private static void extend(List<Long> terms, String[] words) {
        while (terms.size() < Long.parseLong(words[2])) {
            terms.add(Long.parseLong(words[1]));
        }
    }

    private void cut(long lastIndex) {
        terms.subList((int) lastIndex, terms.size()).clear();
    }

    /** It goes on from what was found. */
    private void compare(String when) {
        assertTrue(found.named || !named, when + ": the identity is gone");
        assertTrue(
                found.hardState.equals(hardState) || found.hardState.equals(voting),
                when + ": found " + found.hardState + ", last saved " + hardState);
        int last = found.terms.size();
        assertTrue(last >= Math.min(synced, truncating - 1), when + ": synced up to " + synced + ", found " + last);
        assertTrue(last <= terms.size(), when + ": appended " + terms.size() + ", found " + last);
        cut(last);
        assertEquals(terms, found.terms, when);
        assertTrue(found.saved.containsAll(saved), when + ": saved " + saved + ", found " + found.saved);
        named = found.named;
        hardState = found.hardState;
        voting = null;
        synced = last;
        truncating = NONE;
        found = new Found();
    }
}
