package dev.quorate.store;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
 * Flags are 0: a set one, like an unknown operation or version, is refused. The wall time is shown to people; the leader
 * time is what expiry is decided by. A type length of 0xFFFF says that there is no content type; expiry 0, never.
 */
public final class MutationCodec {
    private static final byte VERSION = 1;
    private static final int AT_FLAGS = 1;
    private static final int AT_W = 2;
    private static final int AT_WALL_TIME = 8;
    private static final int AT_LEADER_TIME = 16;
    private static final int AT_COUNT = 24;
    private static final int AT_OPERATIONS = 26;
    private static final byte PUT = 1;
    private static final byte DELETE = 2;
    private static final int NO_TYPE = 0xFFFF;

    private MutationCodec() {}

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
     */
    public static ByteBuffer put(String key, byte[] value, @Nullable String contentType, int w, long wallMs) {
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        byte[] type = contentType == null ? new byte[0] : contentType.getBytes(StandardCharsets.UTF_8);
        int size = AT_OPERATIONS + 1 + 8 + 2 + keyBytes.length + 2 + type.length + 4 + value.length;
        ByteBuffer out = header(size, w, wallMs).put(PUT).putLong(0);
        out.putShort((short) keyBytes.length).put(keyBytes);
        out.putShort((short) (contentType == null ? NO_TYPE : type.length)).put(type);
        return out.putInt(value.length).put(value).flip();
    }

    /** A mutation that removes one key; parameters as of {@link #put}. */
    public static ByteBuffer delete(String key, int w, long wallMs) {
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        int size = AT_OPERATIONS + 1 + 2 + keyBytes.length;
        return header(size, w, wallMs)
                .put(DELETE)
                .putShort((short) keyBytes.length)
                .put(keyBytes)
                .flip();
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

    /**
     * Hands over the operations.
     *
     * @throws MalformedMutationException if the bytes are not a whole mutation of this version
     */
    static void decode(ByteBuffer mutation, Visitor visitor) {
        ByteBuffer in = mutation.slice();
        try {
            if (in.get(0) != VERSION || in.get(AT_FLAGS) != 0) {
                throw new MalformedMutationException(
                        "mutation of version " + in.get(0) + ", flags " + in.get(AT_FLAGS) + " is not known");
            }
            long wallMs = in.getLong(AT_WALL_TIME);
            int count = Short.toUnsignedInt(in.getShort(AT_COUNT));
            in.position(AT_OPERATIONS);
            for (int i = 0; i < count; i++) {
                operation(in, wallMs, visitor);
            }
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new MalformedMutationException("mutation ends too early");
        }
        if (in.hasRemaining()) {
            throw new MalformedMutationException(in.remaining() + " bytes too many in a mutation");
        }
    }

    private static void operation(ByteBuffer in, long wallMs, Visitor visitor) {
        byte operation = in.get();
        switch (operation) {
            case PUT -> {
                if (in.getLong() != 0) {
                    throw new MalformedMutationException("expiry is not known to this version");
                }
                String key = text(in, Short.toUnsignedInt(in.getShort()));
                int typeLength = Short.toUnsignedInt(in.getShort());
                String type = typeLength == NO_TYPE ? null : text(in, typeLength);
                visitor.put(key, bytes(in, in.getInt()), type, wallMs);
            }
            case DELETE -> visitor.delete(text(in, Short.toUnsignedInt(in.getShort())));
            default -> throw new MalformedMutationException("operation " + operation + " is not known");
        }
    }

    private static String text(ByteBuffer in, int length) {
        return new String(bytes(in, length), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new MalformedMutationException("a length of " + length + " goes beyond the mutation");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
