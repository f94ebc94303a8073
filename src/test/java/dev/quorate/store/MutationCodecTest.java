package dev.quorate.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is encoded comes back; what is not whole, or of another version, changes nothing. */
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
            twoPuts()
        }) {
            for (int length = 0; length < whole.remaining(); length++) {
                refused(Arrays.copyOf(bytes(whole), length));
            }
            refused(Arrays.copyOf(bytes(whole), whole.remaining() + 1));
        }
    }

    @Test
    void aLaterVersionsBytesAreRefused() {
        ByteBuffer put = MutationCodec.put("key", new byte[] {1}, null, 3, 1);
        int[] offsets = {0, 1, 3, 4, 5, 6, 7, AT_OPERATIONS, AT_OPERATIONS + 1, AT_OPERATIONS + 8};
        for (int offset : offsets) {
            byte[] changed = bytes(put);
            changed[offset] = 9;
            refused(changed);
        }
        byte[] expire = bytes(MutationCodec.delete("key", 1, 1));
        expire[AT_OPERATIONS] = 3;
        refused(expire);
    }

    @Test
    void aNegativeValueLengthIsRefused() {
        byte[] put = bytes(MutationCodec.put("k", new byte[] {1}, null, 1, 1));
        ByteBuffer.wrap(put).putInt(put.length - 5, -1);
        refused(put);
    }

    @Test
    void anyBitThatFlipsIsRefusedOrReadAsSomething() {
        byte[] put = bytes(MutationCodec.put("key", new byte[] {1, 2, 3}, "a/b", 3, 1));
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

    /** A mutation of two operations, as a batch will have: the second must not be met too late. */
    private static ByteBuffer twoPuts() {
        byte[] one = bytes(MutationCodec.put("a", new byte[] {1}, null, 1, 1));
        byte[] two = bytes(MutationCodec.put("b", new byte[] {2}, null, 1, 1));
        ByteBuffer both = ByteBuffer.allocate(one.length + two.length - AT_OPERATIONS);
        both.put(one).put(two, AT_OPERATIONS, two.length - AT_OPERATIONS).flip();
        return both.putShort(24, (short) 2);
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
