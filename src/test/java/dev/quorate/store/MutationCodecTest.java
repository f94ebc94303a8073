package dev.quorate.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.quorate.protocol.Position;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is encoded comes back; what is not whole, or of a version that is not known, changes nothing. */
class MutationCodecTest {
    private static final int AT_OPERATIONS = 26;

    @Test
    void aPutComesBack() {
        for (long seed = 1; seed <= 500; seed++) {
            Random random = new Random(seed);
            String key = text(random, 1 + random.nextInt(40));
            String type = random.nextBoolean() ? null : text(random, random.nextInt(20));
            byte[] value = new byte[random.nextInt(300)];
            random.nextBytes(value);
            Store store = new Store();
            store.apply(3, 7, MutationCodec.put(key, value, type, 2, seed));
            KeyRecord record = found(store, key);
            assertEquals(key, record.key(), "seed " + seed);
            assertArrayEquals(value, record.value(), "seed " + seed);
            assertEquals(type, record.contentType(), "seed " + seed);
            assertEquals("3.7", record.version().toString());
            assertEquals(seed, record.timestampMs());
        }
    }

    @Test
    void aDeleteRemoves() {
        Store store = new Store();
        store.apply(1, 1, MutationCodec.put("k", new byte[] {1}, null, 1, 0));
        store.apply(1, 2, MutationCodec.delete("k", 1, 0));
        assertNull(store.get("k"));
    }

    @Test
    void leaderTimeIsStampedIntoTheFinishedBytesWhereverTheyStand() {
        ByteBuffer put = MutationCodec.put("k", new byte[] {1}, null, 1, 5);
        ByteBuffer framed = ByteBuffer.allocate(100);
        framed.position(17).put(put.duplicate()).limit(framed.position()).position(17);
        MutationCodec.stampLeaderTime(framed, 1234567890123L);
        assertEquals(1234567890123L, MutationCodec.leaderTimeMs(framed));
        Store store = new Store();
        store.apply(1, 1, framed);
        assertEquals(5, found(store, "k").timestampMs());
    }

    @Test
    void everyTruncationIsRefusedAndChangesNothing() {
        for (ByteBuffer whole : new ByteBuffer[] {
            MutationCodec.put("key", new byte[] {1, 2, 3}, "text/plain", 3, 1),
            MutationCodec.put("key", new byte[0], null, 3, 1),
            MutationCodec.delete("key", 1, 1),
            everything()
        }) {
            for (int length = 0; length < whole.remaining(); length++) {
                refused(Arrays.copyOf(bytes(whole), length));
            }
            refused(Arrays.copyOf(bytes(whole), whole.remaining() + 1));
        }
    }

    @Test
    void everythingComesBackInOrder() {
        ByteBuffer all = everything();
        MutationCodec.stampLeaderTime(all, 500);
        MutationCodec.stampCreated(all);
        List<String> seen = new ArrayList<>();
        MutationCodec.decode(all, new MutationCodec.Visitor() {
            @Override
            public void stamped(long leaderTimeMs) {
                seen.add("at " + leaderTimeMs);
            }

            @Override
            public void forgetOutcomes(long beforeLeaderTimeMs) {
                seen.add("forget before " + beforeLeaderTimeMs);
            }

            @Override
            public void outcome(String idempotencyKey, RequestHash hash, boolean created) {
                seen.add(idempotencyKey + " " + hash.high() + " " + hash.low() + " " + created);
            }

            @Override
            public void put(String key, byte[] value, @Nullable String contentType, long wallMs, long expiresAtMs) {
                seen.add("put " + key + " " + value.length + " " + contentType + " " + expiresAtMs);
            }

            @Override
            public void delete(String key) {
                seen.add("delete " + key);
            }

            @Override
            public void expire(String key, Position version) {
                seen.add("expire " + key + " " + version);
            }
        });
        assertEquals(
                List.of(
                        "at 500",
                        "forget before 400",
                        "retry-1 -7 9 true",
                        "put a 1 null 30500",
                        "delete b",
                        "put c 2 text/plain 0",
                        "expire d 3.42"),
                seen);
        assertEquals(4, MutationCodec.changes(all).size());
    }

    /** What version 1 wrote, and what it could not have written. */
    @Test
    void versionOneIsStillRead() {
        byte[] put = HexFormat.of()
                .parseHex("01000200" + "00000000" + "0000000000000005" + "000000000000000b" + "0001" + "01"
                        + "0000000000000000" + "0001" + "6b" + "0003" + "612f62" + "00000002" + "7878");
        Store store = new Store();
        store.apply(2, 3, ByteBuffer.wrap(put));
        KeyRecord record = found(store, "k");
        assertEquals(
                "2.3 a/b 5 2 0",
                record.version() + " " + record.contentType() + " " + record.timestampMs() + " " + record.value().length
                        + " " + record.expiresAtMs());
        assertEquals(11, store.leaderTimeMs());
        for (int offset : new int[] {1, AT_OPERATIONS, AT_OPERATIONS + 1, AT_OPERATIONS + 8}) {
            byte[] changed = put.clone();
            changed[offset] = 3;
            refused(changed);
        }
    }

    @Test
    void aLaterVersionsBytesAreRefused() {
        ByteBuffer put = MutationCodec.put("key", new byte[] {1}, null, 3, 1);
        int[] offsets = {0, 1, 3, 4, 5, 6, 7, AT_OPERATIONS, AT_OPERATIONS + 1};
        for (int offset : offsets) {
            byte[] changed = bytes(put);
            changed[offset] = 9;
            refused(changed);
        }
        byte[] unknown = bytes(MutationCodec.delete("key", 1, 1));
        unknown[AT_OPERATIONS] = 4;
        refused(unknown);
    }

    @Test
    void anIdempotencyKeyOfNoLengthOrTooLongIsNotEncoded() {
        MutationCodec.Builder builder = new MutationCodec.Builder(1, 0);
        assertThrows(IllegalArgumentException.class, () -> builder.outcome("", RequestHash.NONE));
        assertThrows(IllegalArgumentException.class, () -> builder.outcome("x".repeat(129), RequestHash.NONE));
    }

    @Test
    void aNegativeValueLengthIsRefused() {
        byte[] put = bytes(MutationCodec.put("k", new byte[] {1}, null, 1, 1));
        ByteBuffer.wrap(put).putInt(put.length - 5, -1);
        refused(put);
    }

    @Test
    void anyBitThatFlipsIsRefusedOrReadAsSomething() {
        byte[] put = bytes(everything());
        for (int bit = 0; bit < put.length * 8; bit++) {
            byte[] changed = put.clone();
            changed[bit / 8] ^= (byte) (1 << (bit % 8));
            Store store = new Store();
            try {
                store.apply(1, 1, ByteBuffer.wrap(changed));
            } catch (MalformedMutationException e) {
                assertEquals(0, store.size(), "bit " + bit);
            }
        }
    }

    @Test
    void aTextTooLongForItsLengthFieldIsNotEncoded() {
        String longest = "k".repeat(0xFFFE);
        Store store = new Store();
        store.apply(1, 1, MutationCodec.put(longest, new byte[0], longest, 1, 1));
        assertEquals(longest, found(store, longest).contentType());
        String tooLong = longest + "k";
        assertThrows(IllegalArgumentException.class, () -> MutationCodec.put(tooLong, new byte[0], null, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> MutationCodec.put("k", new byte[0], tooLong, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> MutationCodec.delete(tooLong, 1, 1));
    }

    private static byte[] bytes(ByteBuffer mutation) {
        byte[] bytes = new byte[mutation.remaining()];
        mutation.duplicate().get(bytes);
        return bytes;
    }

    private static KeyRecord found(Store store, String key) {
        return Objects.requireNonNull(store.get(key));
    }

    /** A mutation with all that there is: what is wrong at its end must not be met too late. */
    private static ByteBuffer everything() {
        return new MutationCodec.Builder(2, 1)
                .outcome("retry-1", new RequestHash(-7, 9))
                .put("a", new byte[] {1}, null, 30_000)
                .delete("b")
                .put("c", new byte[] {2, 3}, "text/plain", 0)
                .expire("d", new Position(3, 42))
                .forgetOutcomes(400)
                .build();
    }

    private static void refused(byte[] bytes) {
        Store store = new Store();
        assertThrows(MalformedMutationException.class, () -> store.apply(1, 1, ByteBuffer.wrap(bytes)));
        assertEquals(0, store.size());
        assertEquals(0, store.undoBytes());
    }

    private static String text(Random random, int length) {
        int[] alphabet = {'a', 'Z', '0', '/', ' ', 0xe4, 0x20ac, 0x1f600};
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(alphabet[random.nextInt(alphabet.length)]);
        }
        return text.toString();
    }
}
