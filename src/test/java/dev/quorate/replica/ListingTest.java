package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.protocol.Position;
import dev.quorate.protocol.Role;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Pages of keys against a model that keeps the whole state after every index; seeds are in the messages. */
class ListingTest {
    private static final String[] PREFIXES = {"", "a", "a/", "a/1", "b ", "ä", "\uD83C\uDF00", "no-such"};

    private final Store store = new Store();
    private final TermsLog log = new TermsLog();
    private final Listing listing = new Listing(0, store, log, new Freshness(false), false);

    @Test
    void aDeleteThatIsNotCommittedHidesNoKeyAndAPutShowsNone() {
        for (String key : new String[] {"a", "b", "c"}) {
            put(key);
        }
        store.committed(3);
        delete("a");
        delete("c");
        put("b");
        put("d");
        assertEquals(List.of("a@1", "b@2", "c@3"), shown(committed(3)));
        assertEquals(List.of("b@6", "d@7"), shown(newest(3)));
        assertEquals(List.of("b@2"), shown(committed(5)));
    }

    @Test
    void aPageSaysWhatItReflectsAndWhereToWatchFrom() {
        put("a");
        put("b");
        store.committed(1);
        assertEquals(new Position(1, 1), committed(1).read().position());
        assertEquals("true", committed(1).read().committed());
        assertEquals(new Position(1, 1), committed(1).watchFrom());
        assertEquals(new Position(1, 2), newest(1).read().position());
        assertEquals("false", newest(1).read().committed());
        assertEquals(new Position(1, 1), newest(1).watchFrom());
        assertEquals("true", newest(2).read().committed());
    }

    private void put(String key) {
        log.terms.add(1L);
        store.apply(1, log.lastIndex(), MutationCodec.put(key, new byte[1], null, 1, 0));
    }

    private void delete(String key) {
        log.terms.add(1L);
        store.apply(1, log.lastIndex(), MutationCodec.delete(key, 1, 0));
    }

    private static KeyPage.Range all() {
        return new KeyPage.Range("", null, 10, Long.MAX_VALUE);
    }

    private KeyPage committed(long commitIndex) {
        return listing.committed(all(), Role.LEADER, commitIndex, System.nanoTime());
    }

    private KeyPage newest(long commitIndex) {
        return listing.newest(all(), Role.LEADER, commitIndex);
    }

    private static List<String> shown(KeyPage page) {
        return page.records().stream()
                .map(record -> record.key() + "@" + record.version().index())
                .toList();
    }

    @Test
    void pageByPageItIsTheStateOfThatIndex() {
        for (long seed = 1; seed <= 250; seed++) {
            try {
                new Run(seed).all();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** Writes, commits and undos, and between them whole lists. */
    private static final class Run {
        private final Random random;
        private final int keys;
        private final Store store = new Store();
        private final TermsLog log = new TermsLog();
        private final Listing listing = new Listing(0, store, log, new Freshness(false), false);
        private final List<TreeMap<String, Long>> states = new ArrayList<>(List.of(new TreeMap<>()));
        private int committed;

        Run(long seed) {
            random = new Random(seed);
            keys = seed % 5 == 0 ? 900 : 12;
        }

        void all() {
            for (int step = 0; step < 150; step++) {
                step();
            }
        }

        private void step() {
            int choice = random.nextInt(10);
            if (choice < 6) {
                write();
            } else if (choice == 6) {
                committed += random.nextInt(states.size() - committed);
                store.committed(committed);
            } else if (choice == 7) {
                int from = committed + 1 + random.nextInt(states.size() - committed);
                store.undoFrom(from);
                states.subList(Math.min(from, states.size()), states.size()).clear();
                log.terms.subList(states.size() - 1, log.terms.size()).clear();
            } else {
                // What is committed may be more than the store was told.
                list(committed + random.nextInt(states.size() - committed));
            }
        }

        private String key() {
            int number = random.nextInt(keys);
            String prefix = PREFIXES[number % (PREFIXES.length - 1)];
            return prefix.isEmpty() || number >= PREFIXES.length ? prefix + number : prefix;
        }

        private void write() {
            int index = states.size();
            TreeMap<String, Long> state = new TreeMap<>(states.get(index - 1));
            MutationCodec.Builder mutation = new MutationCodec.Builder(1, 0);
            for (int operations = 1 + random.nextInt(keys / 6); operations > 0; operations--) {
                String key = key();
                if (random.nextInt(3) == 0) {
                    mutation.delete(key);
                    state.remove(key);
                } else {
                    mutation.put(key, new byte[length(index)], null, 0);
                    state.put(key, (long) index);
                }
            }
            log.terms.add(1L);
            store.apply(1, index, mutation.build());
            states.add(state);
        }

        private static int length(long index) {
            return (int) (index * 7 % 40);
        }

        private void list(int commitIndex) {
            String prefix = PREFIXES[random.nextInt(PREFIXES.length)];
            int limit = 1 + random.nextInt(random.nextBoolean() ? 5 : 300);
            long valueBytes = random.nextBoolean() ? Long.MAX_VALUE : random.nextInt(100);
            boolean newest = random.nextInt(4) == 0;
            TreeMap<String, Long> state = states.get(newest ? states.size() - 1 : commitIndex);
            @Nullable String after = random.nextBoolean() ? null : key();
            do {
                KeyPage.Range range = new KeyPage.Range(prefix, after, limit, valueBytes);
                KeyPage page = newest
                        ? listing.newest(range, Role.FOLLOWER, commitIndex)
                        : listing.committed(range, Role.LEADER, commitIndex, System.nanoTime());
                assertEquals(
                        expected(state, range), page.next() == null ? shown(page) : withMore(page), range::toString);
                after = page.next();
            } while (after != null);
        }

        private static List<String> withMore(KeyPage page) {
            List<String> shown = new ArrayList<>(shown(page));
            shown.add("more");
            return shown;
        }

        private static List<String> expected(SortedMap<String, Long> state, KeyPage.Range range) {
            List<String> expected = new ArrayList<>();
            long bytes = 0;
            for (Map.Entry<String, Long> entry : state.entrySet()) {
                boolean wanted = entry.getKey().startsWith(range.prefix())
                        && (range.after() == null || entry.getKey().compareTo(range.after()) > 0);
                if (wanted) {
                    bytes += length(entry.getValue());
                    if (!expected.isEmpty() && (expected.size() == range.limit() || bytes > range.valueBytes())) {
                        expected.add("more");
                        break;
                    }
                    expected.add(entry.getKey() + "@" + entry.getValue());
                }
            }
            return expected;
        }
    }
}
