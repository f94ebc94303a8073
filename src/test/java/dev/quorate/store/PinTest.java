package dev.quorate.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.InvariantViolation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What a pin shows against a copy of the state at its index; seeds are in the messages. */
class PinTest {
    private static final int KEYS = 40;

    private final Store store = new Store();

    private void put(long index, String key) {
        store.apply(1, index, MutationCodec.put(key, new byte[(int) index], "text/plain", 1, 0));
    }

    private void delete(long index, String key) {
        store.apply(1, index, MutationCodec.delete(key, 1, 0));
    }

    private static List<String> all(Pin pin, int limit) {
        List<String> seen = new ArrayList<>();
        while (!pin.isExhausted()) {
            pin.next(limit).forEach(record -> seen.add(record.key() + "@" + record.index()));
        }
        return seen;
    }

    @Test
    void itShowsNoEntryAboveItsIndexAndNoneThatCameLater() {
        put(1, "a");
        put(2, "b");
        store.committed(2);
        put(3, "a");
        put(4, "c");
        try (Pin pin = store.pin()) {
            delete(5, "b");
            store.committed(5);
            put(6, "0");
            assertEquals(2, pin.index());
            assertEquals(List.of("a@1", "b@2"), all(pin, 1));
        }
        assertEquals(List.of("0", "a", "c"), store.keysAfter(null, 10));
    }

    @Test
    void severalShowEachItsOwnIndex() {
        put(1, "a");
        store.committed(1);
        Pin first = store.pin();
        put(2, "a");
        store.committed(2);
        Pin second = store.pin();
        put(3, "a");
        assertEquals(List.of("a@1"), all(first, 10));
        assertEquals(List.of("a@2"), all(second, 10));
        first.close();
        second.close();
        assertThrows(InvariantViolation.class, () -> first.next(1));
    }

    @Test
    void anotherStateTakesThePlaceAtOnceAndEndsPins() {
        put(1, "a");
        store.committed(1);
        put(2, "b");
        StateCodec part = new StateCodec();
        part.add(new KeyRecord("x", new byte[7], null, 2, 5, 9));
        StoreImage image = new StoreImage();
        StateCodec.read(part.bytes(), image);
        Pin pin = store.pin();
        store.become(image, 6);
        assertFalse(pin.isOpen());
        assertEquals(0, store.undoBytes());
        assertEquals(8, store.sizeBytes());
        assertEquals(List.of("x"), store.keysAfter(null, 10));
        assertNull(store.get("a"));
        assertThrows(InvariantViolation.class, () -> store.undoFrom(6));
        assertThrows(InvariantViolation.class, () -> store.become(new StoreImage(), 6), "an older state");
    }

    private void mutate(long index, long leaderTimeMs, MutationCodec.Builder mutation) {
        ByteBuffer bytes = mutation.build();
        MutationCodec.stampLeaderTime(bytes, leaderTimeMs);
        store.apply(1, index, bytes);
    }

    private static MutationCodec.Builder mutation() {
        return new MutationCodec.Builder(1, 0);
    }

    @Test
    void outcomesAndExpiriesAndLeaderTimeAreThoseOfItsIndexAndOutliveASnapshot() {
        RequestHash hash = new RequestHash(1, 2);
        mutate(1, 10, mutation().put("a", new byte[1], null, 90).outcome("one", hash));
        mutate(2, 20, mutation().put("b", new byte[1], null, 0).outcome("two", new RequestHash(3, 4)));
        store.committed(2);
        mutate(3, 30, mutation().forgetOutcomes(15).outcome("three", hash));
        StateCodec part = new StateCodec();
        try (Pin pin = store.pin()) {
            assertEquals(20, pin.leaderTimeMs());
            assertEquals(
                    List.of("one", "two"),
                    pin.outcomes().stream().map(Outcome::key).toList());
            part.addLeaderTime(pin.leaderTimeMs());
            pin.outcomes().forEach(part::add);
            pin.next(10).forEach(part::add);
        }
        StoreImage image = new StoreImage();
        StateCodec.read(part.bytes(), image);
        Store other = new Store();
        other.become(image, 2);
        assertEquals(20, other.leaderTimeMs());
        assertEquals(new Outcome("one", hash, false, 1, 1, 10), other.outcome("one"));
        assertEquals(other.outcome("one"), other.oldestOutcome());
        assertNull(other.outcome("three"));
        List<String> expired = new ArrayList<>();
        other.forEachExpired(100, 10, record -> expired.add(record.key()));
        assertEquals(List.of("a"), expired);
        other.forEachExpired(99, 10, record -> expired.add("too early"));
        assertEquals(List.of("a"), expired);
    }

    @Test
    void whatIsWrittenIsReadBack() {
        List<KeyRecord> records = List.of(
                new KeyRecord("", new byte[0], null, 1, 2, 3),
                new KeyRecord("käse/ü", new byte[] {1, 2}, "text/plain", 1, 3, -1),
                new KeyRecord("z", new byte[200_000], "text/plain", 4, 1L << 40, Long.MAX_VALUE));
        StateCodec part = new StateCodec();
        assertTrue(part.isEmpty());
        records.forEach(part::add);
        assertEquals(part.sizeBytes(), part.bytes().remaining());
        StoreImage image = new StoreImage();
        StateCodec.read(part.bytes(), image);
        assertEquals(records.size(), image.size());
        for (KeyRecord record : records) {
            KeyRecord read = read(image, record.key());
            assertEquals(record.version(), read.version());
            assertEquals(record.timestampMs(), read.timestampMs());
            assertEquals(ByteBuffer.wrap(record.value()), ByteBuffer.wrap(read.value()));
            assertEquals(record.contentType(), read.contentType());
        }
        assertSame(read(image, "z").contentType(), read(image, "käse/ü").contentType());
        part.clear();
        assertTrue(part.isEmpty());
    }

    private static KeyRecord read(StoreImage image, String key) {
        return Objects.requireNonNull(image.records.get(key));
    }

    @Test
    void whatIsCutOffOrUnknownIsRefused() {
        StateCodec part = new StateCodec();
        part.add(new KeyRecord("key", new byte[3], "text/plain", 1, 2, 3));
        ByteBuffer whole = part.bytes();
        for (int end = 2; end < whole.limit(); end++) {
            ByteBuffer cut = whole.duplicate().limit(end);
            assertThrows(MalformedStateException.class, () -> StateCodec.read(cut, new StoreImage()), "at " + end);
        }
        assertThrows(
                MalformedStateException.class,
                () -> StateCodec.read(ByteBuffer.wrap(new byte[] {2}), new StoreImage()));
        assertThrows(
                MalformedStateException.class,
                () -> StateCodec.read(ByteBuffer.wrap(new byte[] {1, 99}), new StoreImage()));
    }

    @Test
    void pinsShowTheStateOfTheirIndexWhateverIsWrittenMeanwhile() {
        for (long seed = 1; seed <= 400; seed++) {
            new Run(seed).all();
        }
    }

    @Test
    void keysAreInOrderWhateverCameAndWent() {
        for (long seed = 1; seed <= 6; seed++) {
            Random random = new Random(seed);
            KeyIndex index = new KeyIndex();
            TreeSet<String> model = new TreeSet<>();
            int keys = seed % 2 == 0 ? 20_000 : 300;
            for (int step = 0; step < 30_000; step++) {
                String key = seed == 2 ? String.format("%06d", step) : "k" + random.nextInt(keys);
                boolean remove = random.nextInt(step > 20_000 ? 3 : 10) < (step > 20_000 ? 2 : 1);
                if (remove && model.remove(key)) {
                    index.remove(key);
                } else if (!remove) {
                    model.add(key);
                    index.add(key);
                }
                index.remove("never there " + step);
            }
            assertEquals(new ArrayList<>(model), index.from("", Integer.MAX_VALUE), "seed " + seed);
            for (int i = 0; i < 200; i++) {
                String from = "k" + random.nextInt(keys);
                int limit = 1 + random.nextInt(700);
                assertEquals(
                        model.tailSet(from).stream().limit(limit).toList(), index.from(from, limit), "seed " + seed);
                assertEquals(
                        model.tailSet(from, false).stream().limit(limit).toList(),
                        index.from(KeyIndex.behind(from), limit),
                        "behind, seed " + seed);
            }
        }
    }

    /** Writes, commits and undos between the parts of up to three pins. */
    private static final class Run {
        private final long seed;
        private final Random random;
        private final Store store = new Store();
        private final List<Map<String, Long>> states = new ArrayList<>(List.of(Map.of()));
        private final Map<Pin, List<String>> pins = new HashMap<>();
        private int committed;

        Run(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
        }

        void all() {
            for (int step = 0; step < 300; step++) {
                step();
            }
            List.copyOf(pins.keySet()).forEach(this::finish);
        }

        private void step() {
            int choice = random.nextInt(12);
            if (choice < 7) {
                write();
            } else if (choice == 7) {
                committed += random.nextInt(states.size() - committed);
                store.committed(committed);
            } else if (choice == 8) {
                int from = committed + 1 + random.nextInt(states.size() - committed);
                store.undoFrom(from);
                states.subList(Math.min(from, states.size()), states.size()).clear();
            } else if (choice == 9 && pins.size() < 3) {
                pins.put(store.pin(), new ArrayList<>());
            } else {
                List.copyOf(pins.keySet()).forEach(pin -> read(pin, 1 + random.nextInt(8)));
            }
        }

        private void write() {
            int index = states.size();
            Map<String, Long> state = new HashMap<>(states.get(index - 1));
            String key = "k" + random.nextInt(KEYS);
            if (random.nextInt(3) == 0) {
                state.remove(key);
                store.apply(1, index, MutationCodec.delete(key, 1, 0));
            } else {
                state.put(key, (long) index);
                store.apply(1, index, MutationCodec.put(key, new byte[1], null, 1, 0));
            }
            states.add(state);
        }

        private void read(Pin pin, int limit) {
            List<KeyRecord> records = pin.next(limit);
            assertTrue(records.size() <= limit);
            List<String> seen = pins.getOrDefault(pin, List.of());
            records.forEach(record -> seen.add(record.key() + "=" + record.index()));
            if (pin.isExhausted()) {
                List<String> expected = new ArrayList<>();
                new TreeMap<>(states.get((int) pin.index())).forEach((key, index) -> expected.add(key + "=" + index));
                assertEquals(expected, seen, "seed " + seed);
                pins.remove(pin);
                pin.close();
            }
        }

        private void finish(Pin pin) {
            while (pins.containsKey(pin)) {
                read(pin, 3);
            }
        }
    }
}
