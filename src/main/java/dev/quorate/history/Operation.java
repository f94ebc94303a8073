package dev.quorate.history;

import dev.quorate.protocol.Position;
import org.jspecify.annotations.Nullable;

/**
 * One call of a client and what it was told.
 *
 * @param client who called: one session, which awaits each answer before its next call
 * @param kind what was asked
 * @param key the key
 * @param value of a write, what was to be written; of a read that is {@link Outcome#OK}, what was seen, null for absence
 * @param startNs when it was called, in nanoseconds of a monotonic clock that all clients share
 * @param endNs when its answer was there, or was given up; never before {@code startNs}
 * @param outcome what became of it
 * @param version of the record that was written or seen, where the answer told; else null
 * @param position what the answer reflects: the session token that it carried; of a {@link Kind#RESUME}, the position behind
 *     which the watch goes on; else null
 * @param expected of a {@link Kind#CAS}, the value that there had to be, null for absence; else null
 * @param ttlMs of a write, after how many milliseconds the value expires, 0 for never
 */
public record Operation(
        int client,
        Kind kind,
        String key,
        @Nullable String value,
        long startNs,
        long endNs,
        Outcome outcome,
        @Nullable Position version,
        @Nullable Position position,
        @Nullable String expected,
        long ttlMs) {
    /** What is asked: of a register, or of a watch. */
    public enum Kind {
        /** What is the value? */
        READ,
        /** The value is to be this. */
        WRITE,
        /** There is to be no value. */
        DELETE,
        /** The value is to be this, null for none, if there is the expected one. */
        CAS,
        /** The write of this value once more, under its idempotency key: it is to do nothing. */
        REPEAT,
        /** A watch, named by its client, begins to tell of the keys that begin so, behind a position. */
        RESUME,
        /** That watch tells what was written, or by null that something was deleted. */
        CHANGE
    }

    /** What is known of an operation. */
    public enum Outcome {
        /** It was answered: a write is done, a read saw what it says. */
        OK,
        /** Nothing was done. */
        FAILED,
        /** Nothing was done, for what there is: the version told, null for absence, is that of what a CAS met. */
        REFUSED,
        /** It may have been done, may be done later, or never. */
        UNKNOWN
    }

    /** @throws IllegalArgumentException if it ends before it starts, or a value does not go with its kind */
    public Operation {
        if (endNs < startNs) {
            throw new IllegalArgumentException("ends before it starts: " + startNs + ".." + endNs);
        }
        boolean needsValue = kind == Kind.WRITE || kind == Kind.REPEAT;
        if ((needsValue && value == null) || (kind == Kind.DELETE && value != null)) {
            throw new IllegalArgumentException("a " + kind + " with the value " + value);
        }
    }

    /** One without a condition, for good. */
    public Operation(
            int client,
            Kind kind,
            String key,
            @Nullable String value,
            long startNs,
            long endNs,
            Outcome outcome,
            @Nullable Position version,
            @Nullable Position position) {
        this(client, kind, key, value, startNs, endNs, outcome, version, position, null, 0);
    }

    /** As this one, but another kind. */
    Operation as(Kind other, @Nullable String otherValue, Outcome otherOutcome) {
        return new Operation(client, other, key, otherValue, startNs, endNs, otherOutcome, version, position, null, 0);
    }

    boolean isRead() {
        return kind == Kind.READ;
    }

    /** Whether it would change a register. */
    boolean isWrite() {
        return kind == Kind.WRITE || kind == Kind.DELETE || kind == Kind.CAS;
    }

    boolean isOk() {
        return outcome == Outcome.OK;
    }

    /** In one line, for a person; times in milliseconds since {@code originNs}. */
    String line(long originNs) {
        String what = switch (kind) {
            case READ -> "reads " + key + (outcome == Outcome.OK ? ": " + shown() : "");
            case WRITE -> "writes " + key + " = " + value;
            case DELETE -> "deletes " + key;
            case CAS ->
                (value == null ? "deletes " + key : "writes " + key + " = " + value) + " if it is "
                        + (expected == null ? "absent" : expected);
            case REPEAT -> "repeats the write " + key + " = " + value;
            case RESUME -> "watches " + key + " behind " + position;
            case CHANGE -> "is told " + key + " = " + shown();
        };
        String result = switch (outcome) {
            case OK -> "";
            case FAILED -> ", failed";
            case REFUSED -> ", refused";
            case UNKNOWN -> ", outcome unknown";
        };
        String at = version == null ? "" : ", version " + version;
        return String.format(
                "client %d %s%s%s [%.3f..%.3f ms]",
                client, what, result, at, (startNs - originNs) / 1e6, (endNs - originNs) / 1e6);
    }

    /** The value for a person. */
    String shown() {
        return value == null ? "absent" : value;
    }
}
