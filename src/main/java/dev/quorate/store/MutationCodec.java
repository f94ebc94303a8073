package dev.quorate.store;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a mutation, version 1. Numbers are big endian; nobody else knows an offset.
 *
 * <pre>
 *   0       1       2       3       4                8                16               24      26
 *   +-------+-------+-------+-------+----------------+----------------+----------------+-------+----
 *   |version| flags |   w   |   0   |       0        |  wall time ms  | leader time ms | count | operations
 *   +-------+-------+-------+-------+----------------+----------------+----------------+-------+----
 *
 *   put:    1 | expires at (8) | key length (2) | key | type length (2) | type | value length (4) | value
 *   delete: 2 | key length (2) | key
 * </pre>
 *
 * Flags and what is drawn as 0 are 0: anything else, like an unknown operation or version, is refused. The wall time is shown to people; the leader
 * time is what expiry is decided by. A type length of 0xFFFF says that there is no content type; expiry 0, never.
 */
public final class MutationCodec {
    private static final byte VERSION = 1;
    private static final int AT_FLAGS = 1;
    private static final int AT_W = 2;
    private static final int AT_ZERO = 3;
    private static final int AT_ZEROS = 4;
    private static final int AT_WALL_TIME = 8;
    private static final int AT_LEADER_TIME = 16;
    private static final int AT_COUNT = 24;
    private static final int AT_OPERATIONS = 26;
    private static final byte PUT = 1;
    private static final byte DELETE = 2;
    private static final int LONGEST_TEXT = 0xFFFE;
    private static final int NO_TYPE = 0xFFFF;

    private MutationCodec() {}

    /**
     * What a mutation does to a key, told without the value.
     *
     * @param delete whether it removes the key
     * @param valueBytes size of the value; 0 for a delete
     */
    public record Change(String key, boolean delete, int valueBytes) {}

    /** Takes the operations of a mutation, in order. */
    interface Visitor {
        void put(String key, byte[] value, @Nullable String contentType, long wallMs);

        void delete(String key);
    }

    /**
     * A mutation that sets one key.
     *
     * @param w how many replicas were asked for, 1..9
     * @param wallMs the leader's wall clock
     * @return the bytes, ready to read, in a buffer with an array of exactly that size
     * @throws IllegalArgumentException if key or content type has more than 65,534 bytes of UTF-8
     */
    public static ByteBuffer put(String key, byte[] value, @Nullable String contentType, int w, long wallMs) {
        byte[] keyBytes = encoded(key);
        byte[] type = contentType == null ? new byte[0] : encoded(contentType);
        int size = AT_OPERATIONS + 1 + 8 + 2 + keyBytes.length + 2 + type.length + 4 + value.length;
        ByteBuffer out = header(size, w, wallMs).put(PUT).putLong(0);
        out.putShort((short) keyBytes.length).put(keyBytes);
        out.putShort((short) (contentType == null ? NO_TYPE : type.length)).put(type);
        return out.putInt(value.length).put(value).flip();
    }

    /** A mutation that removes one key; parameters as of {@link #put}. */
    public static ByteBuffer delete(String key, int w, long wallMs) {
        byte[] keyBytes = encoded(key);
        int size = AT_OPERATIONS + 1 + 2 + keyBytes.length;
        return header(size, w, wallMs)
                .put(DELETE)
                .putShort((short) keyBytes.length)
                .put(keyBytes)
                .flip();
    }

    private static byte[] encoded(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > LONGEST_TEXT) {
            throw new IllegalArgumentException(
                    "a text of " + bytes.length + " bytes; a mutation has room for " + LONGEST_TEXT);
        }
        return bytes;
    }

    private static ByteBuffer header(int size, int w, long wallMs) {
        ByteBuffer out = ByteBuffer.allocate(size);
        out.put(0, VERSION).put(AT_W, (byte) w).putLong(AT_WALL_TIME, wallMs).putShort(AT_COUNT, (short) 1);
        return out.position(AT_OPERATIONS);
    }

    /** Sets the leader time, in milliseconds of a clock that only goes forward, in an encoded mutation. */
    public static void stampLeaderTime(ByteBuffer mutation, long leaderTimeMs) {
        mutation.putLong(mutation.position() + AT_LEADER_TIME, leaderTimeMs);
    }

    /** The leader time of an encoded mutation. */
    public static long leaderTimeMs(ByteBuffer mutation) {
        return mutation.getLong(mutation.position() + AT_LEADER_TIME);
    }

    /** How many replicas an encoded mutation was asked to have. */
    public static int w(ByteBuffer mutation) {
        return mutation.get(mutation.position() + AT_W);
    }

    /**
     * What a mutation does, in order.
     *
     * @throws MalformedMutationException if the bytes are not a whole mutation of this version
     */
    public static List<Change> changes(ByteBuffer mutation) {
        List<Change> changes = new ArrayList<>(1);
        decode(mutation, new Visitor() {
            @Override
            public void put(String key, byte[] value, @Nullable String contentType, long wallMs) {
                changes.add(new Change(key, false, value.length));
            }

            @Override
            public void delete(String key) {
                changes.add(new Change(key, true, 0));
            }
        });
        return changes;
    }

    /**
     * Hands over the operations, once all of them are known to be whole: half a mutation is never applied.
     *
     * @throws MalformedMutationException if the bytes are not a whole mutation of this version; nothing was handed over
     */
    static void decode(ByteBuffer mutation, Visitor visitor) {
        ByteBuffer in = mutation.slice();
        int count;
        try {
            count = checkedCount(in);
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new MalformedMutationException("mutation ends too early");
        }
        long wallMs = in.getLong(AT_WALL_TIME);
        in.position(AT_OPERATIONS);
        for (int i = 0; i < count; i++) {
            visitOperation(in, wallMs, visitor);
        }
    }

    private static int checkedCount(ByteBuffer in) {
        if (in.get(0) != VERSION || in.get(AT_FLAGS) != 0 || in.get(AT_ZERO) != 0 || in.getInt(AT_ZEROS) != 0) {
            throw new MalformedMutationException(
                    "mutation of version " + in.get(0) + ", flags " + in.get(AT_FLAGS) + " is not known");
        }
        int count = Short.toUnsignedInt(in.getShort(AT_COUNT));
        in.position(AT_OPERATIONS);
        for (int i = 0; i < count; i++) {
            checkOperation(in);
        }
        if (in.hasRemaining()) {
            throw new MalformedMutationException(in.remaining() + " bytes too many in a mutation");
        }
        return count;
    }

    private static void checkOperation(ByteBuffer in) {
        byte operation = in.get();
        switch (operation) {
            case PUT -> {
                if (in.getLong() != 0) {
                    throw new MalformedMutationException("expiry is not known to this version");
                }
                skip(in, Short.toUnsignedInt(in.getShort()));
                int typeLength = Short.toUnsignedInt(in.getShort());
                skip(in, typeLength == NO_TYPE ? 0 : typeLength);
                skip(in, in.getInt());
            }
            case DELETE -> skip(in, Short.toUnsignedInt(in.getShort()));
            default -> throw new MalformedMutationException("operation " + operation + " is not known");
        }
    }

    private static void skip(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new MalformedMutationException("a length of " + length + " goes beyond the mutation");
        }
        in.position(in.position() + length);
    }

    private static void visitOperation(ByteBuffer in, long wallMs, Visitor visitor) {
        if (in.get() == DELETE) {
            visitor.delete(text(in, Short.toUnsignedInt(in.getShort())));
            return;
        }
        in.getLong();
        String key = text(in, Short.toUnsignedInt(in.getShort()));
        int typeLength = Short.toUnsignedInt(in.getShort());
        String type = typeLength == NO_TYPE ? null : text(in, typeLength);
        visitor.put(key, bytes(in, in.getInt()), type, wallMs);
    }

    private static String text(ByteBuffer in, int length) {
        return new String(bytes(in, length), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
