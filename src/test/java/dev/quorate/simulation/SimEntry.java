package dev.quorate.simulation;

import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.Position;
import dev.quorate.store.MutationCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An entry of the simulated history. All logs that hold it share this object, and it knows the entry before it, so that
 * one look at an entry is a look at a whole log; what the log says up to here is worked out once, apart from the store.
 */
final class SimEntry {
    static final int KEYS = 3;
    static final int NOBODY = -1;

    private final @Nullable SimEntry previous;
    private final Position position;
    private final EntryKind kind;
    private final byte[] payload;
    private final int operation;
    private final @Nullable String value;
    private final @Nullable SimEntry[] newest;
    private final long[] admitted;
    private int holders;

    private SimEntry(
            @Nullable SimEntry previous,
            Position position,
            EntryKind kind,
            byte[] payload,
            int operation,
            int key,
            @Nullable String value,
            @Nullable SimEntry[] before,
            long[] admitted) {
        this.previous = previous;
        this.position = position;
        this.kind = kind;
        this.payload = payload;
        this.operation = operation;
        this.value = value;
        this.admitted = admitted;
        this.newest = key == NOBODY ? before : before.clone();
        if (key != NOBODY) {
            this.newest[key] = this;
        }
    }

    /** What stands before the first entry of every log; the set is formed with the first incarnations. */
    static SimEntry root(int replicas) {
        long[] formedWith = new long[replicas];
        for (int replica = 0; replica < replicas; replica++) {
            formedWith[replica] = 1;
        }
        return new SimEntry(
                null,
                Position.NONE,
                EntryKind.NO_OP,
                new byte[0],
                NOBODY,
                NOBODY,
                null,
                new SimEntry[KEYS],
                formedWith);
    }

    SimEntry noOp(long term) {
        return new SimEntry(this, after(term), EntryKind.NO_OP, new byte[0], NOBODY, NOBODY, null, newest, admitted);
    }

    SimEntry admit(long term, int replica, long incarnation) {
        long[] now = admitted.clone();
        now[replica] = incarnation;
        byte[] payload =
                ByteBuffer.allocate(9).put((byte) replica).putLong(incarnation).array();
        return new SimEntry(this, after(term), EntryKind.ADMIT, payload, NOBODY, NOBODY, null, newest, now);
    }

    /** A write of a client; no value deletes. */
    SimEntry write(long term, int operation, int key, @Nullable String value, int required) {
        ByteBuffer bytes = value == null
                ? MutationCodec.delete(name(key), required, 0)
                : MutationCodec.put(name(key), value.getBytes(StandardCharsets.UTF_8), null, required, 0);
        byte[] payload = new byte[bytes.remaining()];
        bytes.get(payload);
        return new SimEntry(this, after(term), EntryKind.MUTATION, payload, operation, key, value, newest, admitted);
    }

    private Position after(long term) {
        return new Position(term, position.index() + 1);
    }

    static String name(int key) {
        return "k" + key;
    }

    @Nullable
    SimEntry previous() {
        return previous;
    }

    Position position() {
        return position;
    }

    long index() {
        return position.index();
    }

    long term() {
        return position.term();
    }

    EntryKind kind() {
        return kind;
    }

    ByteBuffer payload() {
        return ByteBuffer.wrap(payload);
    }

    int sizeBytes() {
        return payload.length;
    }

    /** The client's operation that it does, the same for all attempts; {@link #NOBODY} for none. */
    int operation() {
        return operation;
    }

    /** The value written, null where it deletes or is no write. */
    @Nullable
    String value() {
        return value;
    }

    /** The last write of a key, delete or not, in a log that ends here; null for none. */
    @Nullable
    SimEntry newest(int key) {
        return newest[key];
    }

    /** The incarnation of a replica that a log which ends here names. */
    long incarnation(int replica) {
        return admitted[replica];
    }

    /** The entry of that index in a log that ends here. */
    SimEntry at(long index) {
        SimEntry found = this;
        while (found.previous != null && found.index() > index) {
            found = found.previous;
        }
        return found;
    }

    /** Whether a log that ends at the other has this entry. */
    boolean isIn(SimEntry last) {
        return last.index() >= index() && last.at(index()) == this;
    }

    /** A member has, or had, it on stable storage. */
    void heldBy(int replica) {
        holders |= 1 << replica;
    }

    int holders() {
        return holders;
    }

    @Override
    public String toString() {
        return position + (value == null ? " " + kind : " " + value);
    }
}
