package dev.quorate.store;

import dev.quorate.protocol.Position;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a mutation, version 2. Numbers are big endian; nobody else knows an offset.
 *
 * <pre>
 *   0       1       2       3       4                8                16               24      26
 *   +-------+-------+-------+-------+----------------+----------------+----------------+-------+----
 *   |version| flags |   w   |   0   |       0        |  wall time ms  | leader time ms | count | ...
 *   +-------+-------+-------+-------+----------------+----------------+----------------+-------+----
 *
 *   then, where flag 1 says so:  cut-off: a leader time in ms (8)
 *   where flag 2 says so:        idempotency key: length (1) | ASCII | hash of the request (16)
 *   then the operations:
 *   put:    1 | ttl ms (8) | key length (2) | key | type length (2) | type | value length (4) | value
 *   delete: 2 | key length (2) | key
 *   expire: 3 | version: term (8), index (8) | key length (2) | key
 * </pre>
 *
 * Flag 4 says that the operation made a key that was not there. Other flags and what is drawn as 0 are 0: anything else,
 * like an unknown operation or version, is refused. The wall time is shown to people; the leader time is what expiry is
 * decided by. A type length of 0xFFFF says that there is no content type. A ttl counts from the mutation's own leader
 * time; 0 is for ever. The cut-off tells that outcomes of entries with an earlier leader time are forgotten.
 *
 * <p>Version 1, which is still read, has neither flags nor ttl nor expire.
 */
public final class MutationCodec {
    private static final byte VERSION = 2;
    private static final int AT_FLAGS = 1;
    private static final int AT_W = 2;
    private static final int AT_ZERO = 3;
    private static final int AT_ZEROS = 4;
    private static final int AT_WALL_TIME = 8;
    private static final int AT_LEADER_TIME = 16;
    private static final int AT_COUNT = 24;
    private static final int AT_SECTIONS = 26;
    private static final int HAS_CUT_OFF = 1;
    private static final int HAS_OUTCOME = 2;
    private static final int CREATED = 4;
    private static final int FLAGS = HAS_CUT_OFF | HAS_OUTCOME | CREATED;
    private static final byte PUT = 1;
    private static final byte DELETE = 2;
    private static final byte EXPIRE = 3;
    private static final int LONGEST_TEXT = 0xFFFE;
    private static final int NO_TYPE = 0xFFFF;

    /** Most operations that one mutation can have. */
    public static final int MOST_OPERATIONS = 0xFFFF;

    /** Longest idempotency key, in characters of ASCII. */
    public static final int LONGEST_IDEMPOTENCY_KEY = 128;

    /** Longest time to live, in milliseconds: a hundred years. */
    public static final long LONGEST_TTL_MS = 100L * 365 * 24 * 3600 * 1000;

    private MutationCodec() {}

    /**
     * What a mutation does to a key, told without the value.
     *
     * @param delete whether it removes the key, also because it has expired
     * @param valueBytes size of the value; 0 for a delete
     */
    public record Change(String key, boolean delete, int valueBytes) {}

    /** Takes what is in a mutation: its stamp, then cut-off and outcome, where there are any, then operations in order. */
    public interface Visitor {
        /** The leader time that the mutation was stamped with. */
        default void stamped(long leaderTimeMs) {}

        /** Outcomes of entries with an earlier leader time are forgotten. */
        default void forgetOutcomes(long beforeLeaderTimeMs) {}

        /** The mutation was asked for with an idempotency key, and made a key that was not there or did not. */
        default void outcome(String idempotencyKey, RequestHash hash, boolean created) {}

        /**
         * The key is set.
         *
         * @param expiresAtMs leader time at which the record expires; 0 for never
         */
        void put(String key, byte[] value, @Nullable String contentType, long wallMs, long expiresAtMs);

        /** The key is removed. */
        void delete(String key);

        /** The key's record has expired, if it still is of that version. */
        void expire(String key, Position version);
    }

    // ---- writing ---------------------------------------------------------------------------------------------------

    /**
     * A mutation that sets one key for ever.
     *
     * @param w how many replicas were asked for, 1..9
     * @param wallMs the leader's wall clock
     * @return the bytes, ready to read, in a buffer with an array of exactly that size
     * @throws IllegalArgumentException if key or content type has more than 65,534 bytes of UTF-8
     */
    public static ByteBuffer put(String key, byte[] value, @Nullable String contentType, int w, long wallMs) {
        return new Builder(w, wallMs).put(key, value, contentType, 0).build();
    }

    /** A mutation that removes one key; parameters as of {@link #put}. */
    public static ByteBuffer delete(String key, int w, long wallMs) {
        return new Builder(w, wallMs).delete(key).build();
    }

    /** Puts a mutation together. */
    public static final class Builder {
        private static final byte[] NOTHING = {};

        private final int w;
        private final long wallMs;
        private final List<Operation> operations = new ArrayList<>(1);
        private int flags;
        private long cutOffMs;
        private byte[] idempotencyKey = NOTHING;
        private RequestHash hash = RequestHash.NONE;
        private int sizeBytes = AT_SECTIONS;

        @SuppressWarnings("ArrayRecordComponent") // written at once, never compared
        private record Operation(
                byte kind, byte[] key, byte @Nullable [] type, byte[] value, long ttlMs, Position version) {}

        /** Parameters as of {@link MutationCodec#put}. */
        public Builder(int w, long wallMs) {
            this.w = w;
            this.wallMs = wallMs;
        }

        /** Sets a key; {@code ttlMs} milliseconds after the mutation's leader time it expires, 0 for never. */
        public Builder put(String key, byte[] value, @Nullable String contentType, long ttlMs) {
            byte[] keyBytes = encoded(key);
            byte[] type = contentType == null ? null : encoded(contentType);
            sizeBytes += 1 + 8 + 2 + keyBytes.length + 2 + (type == null ? 0 : type.length) + 4 + value.length;
            return with(new Operation(PUT, keyBytes, type, value, ttlMs, Position.NONE));
        }

        /** Removes a key, whether it is there or not. */
        public Builder delete(String key) {
            byte[] keyBytes = encoded(key);
            sizeBytes += 1 + 2 + keyBytes.length;
            return with(new Operation(DELETE, keyBytes, null, NOTHING, 0, Position.NONE));
        }

        /** Removes a key whose record of that version has expired. */
        public Builder expire(String key, Position version) {
            byte[] keyBytes = encoded(key);
            sizeBytes += 1 + 16 + 2 + keyBytes.length;
            return with(new Operation(EXPIRE, keyBytes, null, NOTHING, 0, version));
        }

        private Builder with(Operation operation) {
            if (operations.size() == MOST_OPERATIONS) {
                throw new IllegalArgumentException("a mutation has room for " + MOST_OPERATIONS + " operations");
            }
            operations.add(operation);
            return this;
        }

        /**
         * Remembers the mutation's outcome under a key of 1..128 characters of ASCII.
         *
         * @param ofRequest tells this request from others under the same key
         */
        public Builder outcome(String key, RequestHash ofRequest) {
            idempotencyKey = key.getBytes(StandardCharsets.US_ASCII);
            if (idempotencyKey.length == 0 || idempotencyKey.length > LONGEST_IDEMPOTENCY_KEY) {
                throw new IllegalArgumentException("an idempotency key of " + idempotencyKey.length + " characters");
            }
            hash = ofRequest;
            flags |= HAS_OUTCOME;
            sizeBytes += 1 + idempotencyKey.length + 16;
            return this;
        }

        /** Forgets the outcomes of entries with an earlier leader time. */
        public Builder forgetOutcomes(long beforeLeaderTimeMs) {
            cutOffMs = beforeLeaderTimeMs;
            flags |= HAS_CUT_OFF;
            sizeBytes += 8;
            return this;
        }

        /** Bytes that {@link #build} will need. */
        public int sizeBytes() {
            return sizeBytes;
        }

        /** The bytes, ready to read, in a buffer with an array of exactly that size. */
        public ByteBuffer build() {
            ByteBuffer out = ByteBuffer.allocate(sizeBytes);
            out.put(0, VERSION).put(AT_FLAGS, (byte) flags).put(AT_W, (byte) w);
            out.putLong(AT_WALL_TIME, wallMs).putShort(AT_COUNT, (short) operations.size());
            out.position(AT_SECTIONS);
            if ((flags & HAS_CUT_OFF) != 0) {
                out.putLong(cutOffMs);
            }
            if ((flags & HAS_OUTCOME) != 0) {
                out.put((byte) idempotencyKey.length).put(idempotencyKey);
                out.putLong(hash.high()).putLong(hash.low());
            }
            operations.forEach(operation -> write(operation, out));
            return out.flip();
        }

        private static void write(Operation operation, ByteBuffer out) {
            out.put(operation.kind);
            if (operation.kind == PUT) {
                out.putLong(operation.ttlMs);
            } else if (operation.kind == EXPIRE) {
                out.putLong(operation.version.term()).putLong(operation.version.index());
            }
            out.putShort((short) operation.key.length).put(operation.key);
            if (operation.kind == PUT) {
                out.putShort((short) (operation.type == null ? NO_TYPE : operation.type.length));
                out.put(operation.type == null ? NOTHING : operation.type);
                out.putInt(operation.value.length).put(operation.value);
            }
        }

        private static byte[] encoded(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            if (bytes.length > LONGEST_TEXT) {
                throw new IllegalArgumentException(
                        "a text of " + bytes.length + " bytes; a mutation has room for " + LONGEST_TEXT);
            }
            return bytes;
        }
    }

    // ---- what is decided late, in finished bytes -------------------------------------------------------------------

    /** Sets the leader time, in milliseconds of a clock that only goes forward, in an encoded mutation. */
    public static void stampLeaderTime(ByteBuffer mutation, long leaderTimeMs) {
        mutation.putLong(mutation.position() + AT_LEADER_TIME, leaderTimeMs);
    }

    /** Says, in an encoded mutation, that it makes a key that was not there. */
    public static void stampCreated(ByteBuffer mutation) {
        int at = mutation.position() + AT_FLAGS;
        mutation.put(at, (byte) (mutation.get(at) | CREATED));
    }

    /** The leader time of an encoded mutation. */
    public static long leaderTimeMs(ByteBuffer mutation) {
        return mutation.getLong(mutation.position() + AT_LEADER_TIME);
    }

    /** How many replicas an encoded mutation was asked to have. */
    public static int w(ByteBuffer mutation) {
        return mutation.get(mutation.position() + AT_W);
    }

    // ---- reading ---------------------------------------------------------------------------------------------------

    /**
     * What a mutation does, in order.
     *
     * @throws MalformedMutationException if the bytes are not a whole mutation of a version that is known
     */
    public static List<Change> changes(ByteBuffer mutation) {
        List<Change> changes = new ArrayList<>(1);
        decode(mutation, new Visitor() {
            @Override
            public void put(String key, byte[] value, @Nullable String contentType, long wallMs, long expiresAtMs) {
                changes.add(new Change(key, false, value.length));
            }

            @Override
            public void delete(String key) {
                changes.add(new Change(key, true, 0));
            }

            @Override
            public void expire(String key, Position version) {
                delete(key);
            }
        });
        return changes;
    }

    /** Whether it deletes, and does nothing else to a key. */
    public static boolean isOfDeletes(ByteBuffer mutation) {
        List<Change> changes = changes(mutation);
        return !changes.isEmpty() && changes.stream().allMatch(Change::delete);
    }

    /**
     * Hands over what is in a mutation, once all of it is known to be whole: half a mutation is never applied.
     *
     * @throws MalformedMutationException if the bytes are not a whole mutation of a version that is known; nothing was
     *     handed over
     */
    public static void decode(ByteBuffer mutation, Visitor visitor) {
        ByteBuffer in = mutation.slice();
        try {
            check(in);
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new MalformedMutationException("mutation ends too early");
        }
        int flags = in.get(AT_FLAGS);
        int count = Short.toUnsignedInt(in.getShort(AT_COUNT));
        visitor.stamped(in.getLong(AT_LEADER_TIME));
        in.position(AT_SECTIONS);
        if ((flags & HAS_CUT_OFF) != 0) {
            visitor.forgetOutcomes(in.getLong());
        }
        if ((flags & HAS_OUTCOME) != 0) {
            String key = new String(bytes(in, Byte.toUnsignedInt(in.get())), StandardCharsets.US_ASCII);
            visitor.outcome(key, new RequestHash(in.getLong(), in.getLong()), (flags & CREATED) != 0);
        }
        for (int i = 0; i < count; i++) {
            visitOperation(in, visitor);
        }
    }

    private static void check(ByteBuffer in) {
        int version = in.get(0);
        int flags = in.get(AT_FLAGS);
        boolean known = version == VERSION ? (flags & ~FLAGS) == 0 : version == 1 && flags == 0;
        if (!known || in.get(AT_ZERO) != 0 || in.getInt(AT_ZEROS) != 0) {
            throw new MalformedMutationException(
                    "mutation of version " + version + ", flags " + flags + " is not known");
        }
        int count = Short.toUnsignedInt(in.getShort(AT_COUNT));
        in.position(AT_SECTIONS);
        skip(in, (flags & HAS_CUT_OFF) != 0 ? 8 : 0);
        if ((flags & HAS_OUTCOME) != 0) {
            int keyLength = Byte.toUnsignedInt(in.get());
            if (keyLength == 0 || keyLength > LONGEST_IDEMPOTENCY_KEY) {
                throw new MalformedMutationException("an idempotency key of " + keyLength + " characters");
            }
            skip(in, keyLength + 16);
        }
        for (int i = 0; i < count; i++) {
            checkOperation(in, version);
        }
        if (in.hasRemaining()) {
            throw new MalformedMutationException(in.remaining() + " bytes too many in a mutation");
        }
    }

    private static void checkOperation(ByteBuffer in, int version) {
        byte operation = in.get();
        if (operation == PUT) {
            long ttlMs = in.getLong();
            if (ttlMs < 0 || ttlMs > (version == 1 ? 0 : LONGEST_TTL_MS)) {
                throw new MalformedMutationException("a ttl of " + ttlMs + " is not known to this version");
            }
            skip(in, Short.toUnsignedInt(in.getShort()));
            int typeLength = Short.toUnsignedInt(in.getShort());
            skip(in, typeLength == NO_TYPE ? 0 : typeLength);
            skip(in, in.getInt());
        } else if (operation == DELETE || (operation == EXPIRE && version == VERSION)) {
            if (operation == EXPIRE) {
                checkNotNegative(in.getLong());
                checkNotNegative(in.getLong());
            }
            skip(in, Short.toUnsignedInt(in.getShort()));
        } else {
            throw new MalformedMutationException("operation " + operation + " is not known");
        }
    }

    private static void checkNotNegative(long partOfVersion) {
        if (partOfVersion < 0) {
            throw new MalformedMutationException("a version has no negative part");
        }
    }

    private static void skip(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new MalformedMutationException("a length of " + length + " goes beyond the mutation");
        }
        in.position(in.position() + length);
    }

    private static void visitOperation(ByteBuffer in, Visitor visitor) {
        byte operation = in.get();
        if (operation == DELETE) {
            visitor.delete(text(in, Short.toUnsignedInt(in.getShort())));
            return;
        }
        if (operation == EXPIRE) {
            Position version = new Position(in.getLong(), in.getLong());
            visitor.expire(text(in, Short.toUnsignedInt(in.getShort())), version);
            return;
        }
        long ttlMs = in.getLong();
        String key = text(in, Short.toUnsignedInt(in.getShort()));
        int typeLength = Short.toUnsignedInt(in.getShort());
        String type = typeLength == NO_TYPE ? null : text(in, typeLength);
        long expiresAtMs = ttlMs == 0 ? 0 : in.getLong(AT_LEADER_TIME) + ttlMs;
        visitor.put(key, bytes(in, in.getInt()), type, in.getLong(AT_WALL_TIME), expiresAtMs);
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
