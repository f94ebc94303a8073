package dev.quorate.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whatever is another record, or outcome, is another hash. */
class RecordHashTest {
    private static KeyRecord record(String key, String value, @Nullable String type) {
        return new KeyRecord(key, value.getBytes(StandardCharsets.UTF_8), type, 3, 42, 1_000, 0);
    }

    private static void allDiffer(List<Long> hashes) {
        assertEquals(hashes.size(), new HashSet<>(hashes).size());
    }

    @Test
    void eachPartOfARecordCounts() {
        byte[] value = {1, 2, 3};
        allDiffer(List.of(
                RecordHash.of(new KeyRecord("key", value, "text/plain", 3, 42, 1_000, 5_000)),
                RecordHash.of(new KeyRecord("keY", value, "text/plain", 3, 42, 1_000, 5_000)),
                RecordHash.of(new KeyRecord("key", new byte[] {1, 2, 4}, "text/plain", 3, 42, 1_000, 5_000)),
                RecordHash.of(new KeyRecord("key", value, "text/html", 3, 42, 1_000, 5_000)),
                RecordHash.of(new KeyRecord("key", value, "", 3, 42, 1_000, 5_000)),
                RecordHash.of(new KeyRecord("key", value, null, 3, 42, 1_000, 5_000)),
                RecordHash.of(new KeyRecord("key", value, "text/plain", 4, 42, 1_000, 5_000)),
                RecordHash.of(new KeyRecord("key", value, "text/plain", 3, 43, 1_000, 5_000)),
                RecordHash.of(new KeyRecord("key", value, "text/plain", 3, 42, 1_001, 5_000)),
                RecordHash.of(new KeyRecord("key", value, "text/plain", 3, 42, 1_000, 0))));
    }

    @Test
    void eachPartOfAnOutcomeCounts() {
        RequestHash hash = new RequestHash(7, 8);
        allDiffer(List.of(
                RecordHash.of(new Outcome("key", hash, true, 3, 42, 1_000)),
                RecordHash.of(new Outcome("kez", hash, true, 3, 42, 1_000)),
                RecordHash.of(new Outcome("key", new RequestHash(8, 7), true, 3, 42, 1_000)),
                RecordHash.of(new Outcome("key", hash, false, 3, 42, 1_000)),
                RecordHash.of(new Outcome("key", hash, true, 4, 42, 1_000)),
                RecordHash.of(new Outcome("key", hash, true, 3, 43, 1_000)),
                RecordHash.of(new Outcome("key", hash, true, 3, 42, 1_001))));
    }

    @Test
    void aBoundaryThatMovesCounts() {
        allDiffer(List.of(
                RecordHash.of(record("ab", "cd", null)),
                RecordHash.of(record("abc", "d", null)),
                RecordHash.of(record("a", "bcd", null)),
                RecordHash.of(record("ab", "d", "c")),
                RecordHash.of(record("ab", "", "cd"))));
    }

    @Test
    void eachBitOfAValueOfAnyLengthCounts() {
        for (int length = 0; length < 40; length++) {
            byte[] value = new byte[length];
            new Random(length).nextBytes(value);
            List<Long> hashes = new ArrayList<>();
            for (int bit = 0; bit <= 8 * length; bit++) {
                byte[] flipped = value.clone();
                if (bit < 8 * length) {
                    flipped[bit / 8] ^= (byte) (1 << bit % 8);
                }
                hashes.add(RecordHash.of(new KeyRecord("key", flipped, null, 3, 42, 1_000)));
            }
            allDiffer(hashes);
        }
    }

    /** The sum must not cancel: what is alike in many records is not alike in their hashes. */
    @Test
    void sumsOfManyAlikeRecordsDiffer() {
        Random random = new Random(1);
        Set<Long> sums = new HashSet<>();
        for (int round = 0; round < 10_000; round++) {
            String first = "k" + random.nextInt(1_000_000);
            String second = "k" + random.nextInt(1_000_000);
            sums.add(
                    RecordHash.of(record(first, "v" + round, null)) + RecordHash.of(record(second, "w" + round, null)));
        }
        assertEquals(10_000, sums.size());
    }
}
