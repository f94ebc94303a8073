package dev.quorate.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random puts, deletes, commits and undos against a model that simply keeps the whole state after every index.
 * {@code ./mvnw test -Dtest=StorePropertyTest -Dstore.seed=N} replays one.
 */
class StorePropertyTest {
    private static final int STEPS = 120;
    private static final int KEYS = 5;

    @Test
    void theStoreIsWhatTheListOfStatesSays() {
        Long single = Long.getLong("store.seed");
        long first = single == null ? 1 : single;
        long last = single == null ? 1_000 : single;
        for (long seed = first; seed <= last; seed++) {
            try {
                new Run(seed).all();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("replay: ./mvnw test -Dtest=StorePropertyTest -Dstore.seed=" + seed, e);
            }
        }
    }

    private static final class Run {
        private final Random random;
        private final Store store = new Store();
        private final List<Map<String, String>> states = new ArrayList<>(List.of(Map.of()));
        private long term = 1;
        private int committed;

        Run(long seed) {
            random = new Random(seed);
        }

        int lastIndex() {
            return states.size() - 1;
        }

        void all() {
            for (int step = 0; step < STEPS; step++) {
                step();
                check();
            }
            store.committed(lastIndex());
            assertEquals(0, store.undoBytes());
        }

        private void step() {
            int choice = random.nextInt(10);
            if (choice < 7) {
                apply();
            } else if (choice == 7) {
                committed += random.nextInt(lastIndex() - committed + 1);
                store.committed(committed);
            } else if (choice == 8) {
                store.committed(random.nextInt(committed + 1));
            } else {
                int from = committed + 1 + random.nextInt(lastIndex() - committed + 1);
                store.undoFrom(from);
                states.subList(Math.min(from, states.size()), states.size()).clear();
                term++;
            }
        }

        private void apply() {
            Map<String, String> state = new HashMap<>(states.get(lastIndex()));
            int index = states.size();
            String key = "k" + random.nextInt(KEYS);
            ByteBuffer mutation;
            if (random.nextInt(3) == 0) {
                state.remove(key);
                mutation = MutationCodec.delete(key, 1, 0);
            } else {
                int length = random.nextInt(20);
                state.put(key, term + "." + index + " " + length);
                mutation = MutationCodec.put(key, new byte[length], null, 1, 0);
            }
            store.apply(term, index, mutation);
            states.add(state);
        }

        private void check() {
            Map<String, String> expected = states.get(lastIndex());
            assertEquals(expected.size(), store.size());
            assertEquals(sizeOf(expected), store.sizeBytes());
            for (int k = 0; k < KEYS; k++) {
                String key = "k" + k;
                assertEquals(expected.get(key), seen(store.get(key)), key);
                for (int index = committed; index <= lastIndex(); index++) {
                    String then = states.get(index).get(key);
                    assertEquals(then, seen(store.getCommitted(key, index)), key + " at " + index);
                }
            }
            assertEquals(committed == lastIndex(), store.undoBytes() == 0, "undo above the commit index, none below");
        }

        private static long sizeOf(Map<String, String> state) {
            return state.values().stream()
                    .mapToLong(text -> 2 + Long.parseLong(text.substring(text.indexOf(' ') + 1)))
                    .sum();
        }

        private static @Nullable String seen(@Nullable KeyRecord record) {
            return record == null ? null : record.version() + " " + record.value().length;
        }
    }
}
