package dev.quorate.store;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a part of the state, as snapshots and backups carry it, version 1. Numbers are big endian; nobody else
 * knows an offset.
 *
 * <pre>
 *   0         1
 *   +---------+-------
 *   | version | items, each with a tag
 *   +---------+-------
 *
 *   leader time: 2 | ms (8)
 *   record: 1 | term (8) | index (8) | wall time ms (8) | expires at (8) | key length (2) | key | type length (2) | type
 *             | value length (4) | value
 *   outcome: 3 | term (8) | index (8) | leader time ms (8) | request hash (16) | created (1) | key length (2) | key
 * </pre>
 *
 * A type length of 0xFFFF says that there is no content type; an expiry of 0, never. An unknown tag or version is refused.
 */
public final class StateCodec {
    private static final byte VERSION = 1;
    private static final byte RECORD = 1;
    private static final byte LEADER_TIME = 2;
    private static final byte OUTCOME = 3;
    private static final int RECORD_BYTES = 1 + 4 * 8 + 2 + 2 + 4;
    private static final int OUTCOME_BYTES = 1 + 5 * 8 + 1 + 2;
    private static final int NO_TYPE = 0xFFFF;
    private static final int FIRST_BYTES = 1 << 16;

    private ByteBuffer out = ByteBuffer.allocate(FIRST_BYTES).put(VERSION);

    /** Begins a part. */
    public StateCodec() {}

    /** Adds the leader time, once in a state. */
    public void addLeaderTime(long leaderTimeMs) {
        makeRoom(1 + Long.BYTES);
        out.put(LEADER_TIME).putLong(leaderTimeMs);
    }

    /** Adds a record. */
    public void add(KeyRecord record) {
        byte[] key = record.key().getBytes(StandardCharsets.UTF_8);
        String contentType = record.contentType();
        byte[] type = contentType == null ? new byte[0] : contentType.getBytes(StandardCharsets.UTF_8);
        makeRoom(RECORD_BYTES + key.length + type.length + record.value().length);
        out.put(RECORD).putLong(record.term()).putLong(record.index()).putLong(record.timestampMs());
        out.putLong(record.expiresAtMs());
        out.putShort((short) key.length).put(key);
        out.putShort((short) (contentType == null ? NO_TYPE : type.length)).put(type);
        out.putInt(record.value().length).put(record.value());
    }

    /** Adds an outcome; they are added in the order of their entries. */
    public void add(Outcome outcome) {
        byte[] key = outcome.key().getBytes(StandardCharsets.UTF_8);
        makeRoom(OUTCOME_BYTES + key.length);
        out.put(OUTCOME).putLong(outcome.term()).putLong(outcome.index()).putLong(outcome.leaderTimeMs());
        out.putLong(outcome.hash().high()).putLong(outcome.hash().low());
        out.put((byte) (outcome.created() ? 1 : 0));
        out.putShort((short) key.length).put(key);
    }

    private void makeRoom(int bytes) {
        if (out.remaining() < bytes) {
            ByteBuffer larger = ByteBuffer.allocate(Math.max(out.capacity() * 2, out.position() + bytes));
            out = larger.put(out.flip());
        }
    }

    /** Bytes of the part so far. */
    public int sizeBytes() {
        return out.position();
    }

    /** Whether nothing was added. */
    public boolean isEmpty() {
        return out.position() == 1;
    }

    /** The part, in a buffer that is used again: to be taken before {@link #clear}. */
    public ByteBuffer bytes() {
        return out.duplicate().flip();
    }

    /** Begins the next part. */
    public void clear() {
        out.clear().put(VERSION);
    }

    /**
     * Adds what a part holds.
     *
     * @throws MalformedStateException if the bytes are not a whole part of this version
     */
    public static void read(ByteBuffer part, StoreImage into) {
        ByteBuffer in = part.slice();
        try {
            byte version = in.get();
            if (version != VERSION) {
                throw new MalformedStateException("state of version " + version + "; this program reads " + VERSION);
            }
            while (in.hasRemaining()) {
                byte tag = in.get();
                switch (tag) {
                    case RECORD -> into.add(record(in, into));
                    case OUTCOME -> into.add(outcome(in));
                    case LEADER_TIME -> into.leaderTimeMs(in.getLong());
                    default -> throw new MalformedStateException("state of kind " + tag + " is not known");
                }
            }
        } catch (BufferUnderflowException e) {
            throw new MalformedStateException("state ends too early");
        }
    }

    private static KeyRecord record(ByteBuffer in, StoreImage into) {
        long term = in.getLong();
        long index = in.getLong();
        long timestampMs = in.getLong();
        long expiresAtMs = in.getLong();
        String key = text(in, Short.toUnsignedInt(in.getShort()));
        int typeLength = Short.toUnsignedInt(in.getShort());
        @Nullable String type = typeLength == NO_TYPE ? null : text(in, typeLength);
        byte[] value = bytes(in, in.getInt());
        return new KeyRecord(key, value, into.shared(type), term, index, timestampMs, expiresAtMs);
    }

    private static Outcome outcome(ByteBuffer in) {
        long term = in.getLong();
        long index = in.getLong();
        long leaderTimeMs = in.getLong();
        RequestHash hash = new RequestHash(in.getLong(), in.getLong());
        boolean created = in.get() == 1;
        String key = text(in, Short.toUnsignedInt(in.getShort()));
        return new Outcome(key, hash, created, term, index, leaderTimeMs);
    }

    private static String text(ByteBuffer in, int length) {
        return new String(bytes(in, length), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new MalformedStateException("a length of " + length + " goes beyond the state");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
