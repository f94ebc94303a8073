package dev.quorate.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys in order, that of {@link String#compareTo}, so that all keys with one prefix stand together. Runs of references
 * in arrays rather than a tree: about six bytes a key, where a tree's node takes forty. Loop thread only.
 */
final class KeyIndex {
    private static final int SMALLEST_RUN = 16;
    private static final int LARGEST_RUN = 512;

    // None is empty; all keys of a run are below those of the next.
    private final List<Run> runs = new ArrayList<>();

    private static final class Run {
        private String[] keys = new String[SMALLEST_RUN];
        private int size;

        int find(String key) {
            return Arrays.binarySearch(keys, 0, size, key);
        }

        void insert(int at, String key) {
            if (size == keys.length) {
                keys = Arrays.copyOf(keys, size * 2);
            }
            System.arraycopy(keys, at, keys, at + 1, size - at);
            keys[at] = key;
            size++;
        }

        @SuppressWarnings("NullAway") // places behind the end hold nothing
        void remove(int at) {
            System.arraycopy(keys, at + 1, keys, at, size - at - 1);
            keys[--size] = null;
        }

        @SuppressWarnings("NullAway")
        Run split(int at) {
            Run upper = new Run();
            upper.keys = Arrays.copyOfRange(keys, at, at + LARGEST_RUN);
            upper.size = size - at;
            Arrays.fill(keys, at, size, null);
            size = at;
            return upper;
        }
    }

    /** Adds a key; one that is there already stays. */
    void add(String key) {
        if (runs.isEmpty()) {
            runs.add(new Run());
        }
        int number = runOf(key);
        Run run = runs.get(number);
        int found = run.find(key);
        if (found >= 0) {
            return;
        }
        int at = -found - 1;
        if (run.size == LARGEST_RUN) {
            // Keys that come in order fill their runs; others leave room in both halves.
            boolean behindAll = at == run.size && number == runs.size() - 1;
            Run upper = behindAll ? new Run() : run.split(LARGEST_RUN / 2);
            runs.add(number + 1, upper);
            if (at > run.size || behindAll) {
                at -= run.size;
                run = upper;
            }
        }
        run.insert(at, key);
    }

    void remove(String key) {
        if (runs.isEmpty()) {
            return;
        }
        int number = runOf(key);
        Run run = runs.get(number);
        int at = run.find(key);
        if (at < 0) {
            return;
        }
        run.remove(at);
        if (run.size == 0) {
            runs.remove(number);
        } else if (number + 1 < runs.size() && run.size + runs.get(number + 1).size <= LARGEST_RUN / 2) {
            Run next = runs.remove(number + 1);
            for (int i = 0; i < next.size; i++) {
                run.insert(run.size, next.keys[i]);
            }
        }
    }

    /** The run in which a key is, or would be. */
    private int runOf(String key) {
        int low = 0;
        int high = runs.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (runs.get(middle).keys[0].compareTo(key) <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** The least text above a key: where to go on behind it; null for the beginning. */
    static String behind(@Nullable String key) {
        return key == null ? "" : key + '\0';
    }

    /**
     * The next keys in order.
     *
     * @param first the least that is wanted, whether it is a key or not
     * @param limit how many at most; fewer only at the end
     */
    List<String> from(String first, int limit) {
        List<String> keys = new ArrayList<>(Math.min(limit, LARGEST_RUN));
        if (runs.isEmpty()) {
            return keys;
        }
        int number = runOf(first);
        int found = runs.get(number).find(first);
        int at = found >= 0 ? found : -found - 1;
        while (keys.size() < limit && number < runs.size()) {
            Run run = runs.get(number);
            int end = Math.min(run.size, at + limit - keys.size());
            keys.addAll(Arrays.asList(run.keys).subList(Math.min(at, end), end));
            at = 0;
            number++;
        }
        return keys;
    }
}
