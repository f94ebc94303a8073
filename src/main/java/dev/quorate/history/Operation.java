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
 * @param position what the answer reflects: the session token that it carried; else null
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
        @Nullable Position position) {
    /** What is asked of a register. */
    public enum Kind {
        /** What is the value? */
        READ,
        /** The value is to be this. */
        WRITE,
        /** There is to be no value. */
        DELETE
    }

    /** What is known of an operation. */
    public enum Outcome {
        /** It was answered: a write is done, a read saw what it says. */
        OK,
        /** Nothing was done. */
        FAILED,
        /** It may have been done, may be done later, or never. */
        UNKNOWN
    }

    /** @throws IllegalArgumentException if it ends before it starts, or a value does not go with its kind */
    public Operation {
        if (endNs < startNs) {
            throw new IllegalArgumentException("ends before it starts: " + startNs + ".." + endNs);
        }
        if ((kind == Kind.WRITE && value == null) || (kind == Kind.DELETE && value != null)) {
            throw new IllegalArgumentException("a " + kind + " with the value " + value);
        }
    }

    boolean isRead() {
        return kind == Kind.READ;
    }

    /** In one line, for a person; times in milliseconds since {@code originNs}. */
    String line(long originNs) {
        String what = switch (kind) {
            case READ -> "reads " + key + (outcome == Outcome.OK ? ": " + shown() : "");
            case WRITE -> "writes " + key + " = " + value;
            case DELETE -> "deletes " + key;
        };
        String result = outcome == Outcome.OK ? "" : outcome == Outcome.FAILED ? ", failed" : ", outcome unknown";
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
