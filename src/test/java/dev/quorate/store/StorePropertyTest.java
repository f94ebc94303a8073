package dev.quorate.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Position;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Random batches of puts, deletes and expiries, with idempotency keys and cut-offs of them, commits and undos against a
 * model that simply keeps the whole state after every index.
 * {@code ./mvnw test -Dtest=StorePropertyTest -Dstore.seed=N} replays one.
 */
@Execution(ExecutionMode.CONCURRENT)
class StorePropertyTest {
    private static final int STEPS = 120;
    private static final int KEYS = 5;
    private static final int MARK_EVERY = 4;

    @Test
    void theStoreIsWhatTheListOfStatesSays() {
        Long single = Long.getLong("store.seed");
        long first = single == null ? 1 : single;
        long last = single == null ? 400 : single;
        for (long seed = first; seed <= last; seed++) {
            try {
                new Run(seed).all();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("replay: ./mvnw test -Dtest=StorePropertyTest -Dstore.seed=" + seed, e);
            }
        }
    }

    /** All that there is after an entry; a record as version, length and expiry. */
    private static final class State {
        private final Map<String, String> records = new HashMap<>();
        private final TreeMap<String, String> due = new TreeMap<>();
        private final LinkedHashMap<String, Outcome> outcomes = new LinkedHashMap<>();
        private long leaderTimeMs;
        private long hash = RecordHash.ofLeaderTime(0);

        /** The entry that made it. */
        private int changed;

        State copy() {
            State copy = new State();
            copy.hash = hash;
            copy.changed = changed;
            copy.records.putAll(records);
            copy.due.putAll(due);
            copy.outcomes.putAll(outcomes);
            copy.leaderTimeMs = leaderTimeMs;
            return copy;
        }

        void put(String key, String version, int length, long expiresAtMs) {
            remove(key);
            records.put(key, version + " " + length + " " + expiresAtMs);
            if (expiresAtMs != 0) {
                due.put(String.format("%09d %s", expiresAtMs, key), key);
            }
        }

        void remove(String key) {
            records.remove(key);
            due.values().remove(key);
        }
    }

    private static final class Run {
        private final Random random;
        private final Store store = new Store(MARK_EVERY);
        private final List<State> states = new ArrayList<>(List.of(new State()));
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
            if (choice == 6) {
                states.add(states.get(lastIndex()).copy()); // an entry of which the store is not told
            } else if (choice < 7) {
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
            State state = states.get(lastIndex()).copy();
            int index = states.size();
            state.leaderTimeMs += random.nextInt(3);
            MutationCodec.Builder mutation = new MutationCodec.Builder(1, 0);
            if (random.nextInt(4) == 0) {
                long cutOff = Math.max(0, state.leaderTimeMs - random.nextInt(20));
                mutation.forgetOutcomes(cutOff);
                state.outcomes.values().removeIf(outcome -> outcome.leaderTimeMs() < cutOff);
            }
            boolean created = random.nextBoolean();
            if (random.nextInt(3) == 0) {
                String key = "retry " + random.nextInt(KEYS);
                RequestHash hash = new RequestHash(index, random.nextLong());
                mutation.outcome(key, hash);
                state.outcomes.putIfAbsent(key, new Outcome(key, hash, created, term, index, state.leaderTimeMs));
            }
            for (int operations = random.nextInt(4); operations > 0; operations--) {
                change(state, index, mutation);
            }
            ByteBuffer bytes = mutation.build();
            MutationCodec.stampLeaderTime(bytes, state.leaderTimeMs);
            if (created) {
                MutationCodec.stampCreated(bytes);
            }
            store.apply(term, index, bytes);
            state.hash = hashFromScratch(state);
            state.changed = index;
            states.add(state);
        }

        private void change(State state, int index, MutationCodec.Builder mutation) {
            String key = "k" + random.nextInt(KEYS);
            String there = state.records.get(key);
            int choice = random.nextInt(5);
            if (choice == 0) {
                state.remove(key);
                mutation.delete(key);
            } else if (choice == 1) {
                if (there != null && random.nextBoolean()) {
                    mutation.expire(key, Position.parse(there.split(" ", -1)[0]));
                    state.remove(key);
                } else {
                    mutation.expire(key, new Position(99, 1));
                }
            } else {
                int length = random.nextInt(20);
                int ttl = random.nextInt(2) * random.nextInt(30);
                long expiresAtMs = ttl == 0 ? 0 : state.leaderTimeMs + ttl;
                state.put(key, term + "." + index, length, expiresAtMs);
                mutation.put(key, new byte[length], null, ttl);
            }
        }

        private void check() {
            State expected = states.get(lastIndex());
            assertEquals(expected.records.size(), store.size());
            assertEquals(sizeOf(expected.records), store.sizeBytes());
            assertEquals(expected.leaderTimeMs, store.leaderTimeMs());
            for (int k = 0; k < KEYS; k++) {
                String key = "k" + k;
                assertEquals(expected.records.get(key), seen(store.get(key)), key);
                for (int index = committed; index <= lastIndex(); index++) {
                    String then = states.get(index).records.get(key);
                    assertEquals(then, seen(store.getCommitted(key, index)), key + " at " + index);
                }
                assertEquals(expected.outcomes.get("retry " + k), store.outcome("retry " + k));
            }
            Iterator<Outcome> outcomes = expected.outcomes.values().iterator();
            assertEquals(outcomes.hasNext() ? outcomes.next() : null, store.oldestOutcome());
            assertEquals(
                    expected.outcomes.isEmpty() && expected.records.isEmpty(),
                    store.memoryBytes() == 0,
                    "memory is of records and outcomes");
            checkExpiries(expected);
            checkHashes(expected);
        }

        /** Of what the store holds, by another sum than the one it keeps. */
        private long hashFromScratch(State state) {
            StoreImage image = new StoreImage();
            store.forEach(image::add);
            state.outcomes.values().forEach(image::add);
            return image.recordsHash() + image.outcomes.hash() + RecordHash.ofLeaderTime(state.leaderTimeMs);
        }

        private void checkHashes(State expected) {
            assertEquals(expected.hash, store.newestHash());
            Map<Long, Long> known = store.committedHashes();
            known.forEach((index, hash) -> assertEquals(states.get(index.intValue()).hash, hash, "at " + index));
            int mark = Math.min(committed, lastIndex() - 1) / MARK_EVERY * MARK_EVERY;
            boolean passed = mark > 0 && states.get(mark + 1).changed == mark + 1;
            assertTrue(!passed || known.containsKey((long) mark), mark + " is not in " + known);
            assertTrue(committed == 0 || committed < lastIndex() || known.containsKey((long) committed));
            if (committed > 0 && random.nextInt(20) == 0) {
                Store restored = new Store(MARK_EVERY);
                restored.become(snapshot(), committed);
                assertEquals(Map.of((long) committed, states.get(committed).hash), restored.committedHashes());
            }
        }

        private StoreImage snapshot() {
            StoreImage image = new StoreImage();
            StateCodec part = new StateCodec();
            try (Pin pin = store.pin()) {
                part.addLeaderTime(pin.leaderTimeMs());
                pin.outcomes().forEach(part::add);
                while (!pin.isExhausted()) {
                    pin.next(3).forEach(part::add);
                }
            }
            StateCodec.read(part.bytes(), image);
            return image;
        }

        private void checkExpiries(State expected) {
            assertEquals(!expected.due.isEmpty(), store.hasExpiries());
            List<String> due = new ArrayList<>();
            store.forEachExpired(expected.leaderTimeMs, 3, record -> due.add(record.key()));
            List<String> dueThen = expected.due.entrySet().stream()
                    .filter(entry -> Long.parseLong(entry.getKey().substring(0, 9)) <= expected.leaderTimeMs)
                    .map(Map.Entry::getValue)
                    .limit(3)
                    .toList();
            assertEquals(dueThen, due);
        }

        private static long sizeOf(Map<String, String> records) {
            return records.values().stream()
                    .mapToLong(text -> 2 + Long.parseLong(text.split(" ", -1)[1]))
                    .sum();
        }

        private static @Nullable String seen(@Nullable KeyRecord record) {
            return record == null ? null : record.version() + " " + record.value().length + " " + record.expiresAtMs();
        }
    }
}
