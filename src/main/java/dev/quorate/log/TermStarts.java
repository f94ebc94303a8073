package dev.quorate.log;

import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The first index of each run of entries with one term: all it takes to know the term of any index. */
final class TermStarts {
    private long[] starts = new long[16];
    private long[] terms = new long[16];
    private int count;

    /** As far as they are known below an index. */
    static TermStarts below(long below, List<Position> starts) {
        TermStarts known = new TermStarts();
        for (Position start : starts) {
            if (start.index() < below) {
                known.added(start.index(), start.term());
            }
        }
        return known;
    }

    /** The position of the first entry of each term that has entries at or below an index. */
    List<Position> upTo(long index) {
        List<Position> found = new ArrayList<>();
        for (int i = 0; i < count && starts[i] <= index; i++) {
            found.add(new Position(terms[i], starts[i]));
        }
        return found;
    }

    /** Notes the term of the entry at the end of the log. */
    void added(long index, long term) {
        if (count > 0 && terms[count - 1] == term) {
            return;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            terms = Arrays.copyOf(terms, count * 2);
        }
        starts[count] = index;
        terms[count++] = term;
    }

    /** Forgets all from an index on. */
    void truncateFrom(long index) {
        while (count > 0 && starts[count - 1] >= index) {
            count--;
        }
    }

    /** Term of the last entry, 0 when there is none. */
    long lastTerm() {
        return count == 0 ? 0 : terms[count - 1];
    }

    long termAt(long index) {
        int run = run(index);
        return run < 0 ? 0 : terms[run];
    }

    long firstIndexOfTermAt(long index) {
        return starts[run(index)];
    }

    private int run(long index) {
        int found = Arrays.binarySearch(starts, 0, count, index);
        return found >= 0 ? found : -found - 2;
    }
}
