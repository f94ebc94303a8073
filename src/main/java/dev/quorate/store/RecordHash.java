package dev.quorate.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * 64 bits of all that a record, or an outcome, holds. It finds what programs and memories do wrong, and no adversary:
 * whoever can change a replica's state on purpose is not held up by a hash. So it is the step and the final mix of XXH64,
 * over words of eight bytes, which costs a write a fraction of a digest such as SHA-256, and allocates nothing.
 */
final class RecordHash {
    private static final long PRIME_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long PRIME_3 = 0x165667B19E3779F9L;
    private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;

    private static final long RECORD = 1;
    private static final long OUTCOME = 2;
    private static final long LEADER_TIME = 3;

    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private RecordHash() {}

    static long of(@Nullable KeyRecord record) {
        if (record == null) {
            return 0;
        }
        long hash = text(RECORD, record.key());
        hash = text(hash, record.contentType());
        hash = bytes(hash, record.value());
        hash = word(word(hash, record.term()), record.index());
        return mixed(word(word(hash, record.timestampMs()), record.expiresAtMs()));
    }

    static long of(Outcome outcome) {
        long hash = text(OUTCOME, outcome.key());
        hash = word(word(hash, outcome.hash().high()), outcome.hash().low());
        hash = word(word(hash, outcome.term()), outcome.index());
        return mixed(word(word(hash, outcome.leaderTimeMs()), outcome.created() ? 1 : 0));
    }

    static long ofLeaderTime(long leaderTimeMs) {
        return mixed(word(LEADER_TIME, leaderTimeMs));
    }

    private static long word(long hash, long word) {
        long round = Long.rotateLeft(word * PRIME_2, 31) * PRIME_1;
        return Long.rotateLeft(hash ^ round, 27) * PRIME_1 + PRIME_4;
    }

    /** The length first: what is in one part cannot look as if it were in the next. */
    private static long text(long hash, @Nullable String text) {
        if (text == null) {
            return word(hash, -1);
        }
        int length = text.length();
        long next = word(hash, length);
        long four = 0;
        for (int i = 0; i < length; i++) {
            four = (four << Character.SIZE) | text.charAt(i);
            if ((i & 3) == 3 || i == length - 1) {
                next = word(next, four);
                four = 0;
            }
        }
        return next;
    }

    private static long bytes(long hash, byte[] bytes) {
        long next = word(hash, bytes.length);
        int whole = bytes.length & -Long.BYTES;
        for (int i = 0; i < whole; i += Long.BYTES) {
            next = word(next, (long) WORDS.get(bytes, i));
        }
        long rest = 0;
        for (int i = whole; i < bytes.length; i++) {
            rest = (rest << Byte.SIZE) | (bytes[i] & 0xFF);
        }
        return whole == bytes.length ? next : word(next, rest);
    }

    private static long mixed(long hash) {
        long mixed = (hash ^ (hash >>> 33)) * PRIME_2;
        mixed = (mixed ^ (mixed >>> 29)) * PRIME_3;
        return mixed ^ (mixed >>> 32);
    }
}
