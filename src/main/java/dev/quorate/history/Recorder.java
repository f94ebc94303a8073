package dev.quorate.history;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Takes down what clients do while they do it. Any thread: {@code call} before the request is sent, then one of the
 * call's methods when the answer is there.
 */
public final class Recorder {
    private final LongSupplier clockNs;
    private final Queue<Operation> finished = new ConcurrentLinkedQueue<>();

    /** @param clockNs a monotonic clock, {@code System::nanoTime} */
    public Recorder(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    /** A read is about to be sent. */
    public Call read(int client, String key) {
        return new Call(client, Kind.READ, key, null, null, 0);
    }

    /** A write is about to be sent. Values that no other write of the key has make checking quick and verdicts clear. */
    public Call write(int client, String key, String value) {
        return new Call(client, Kind.WRITE, key, value, null, 0);
    }

    /** A write that expires is about to be sent. */
    public Call expiring(int client, String key, String value, long ttlMs) {
        return new Call(client, Kind.WRITE, key, value, null, ttlMs);
    }

    /**
     * A write with a condition is about to be sent.
     *
     * @param expected the value that there has to be, or null for absence
     */
    public Call compareAndSet(int client, String key, @Nullable String expected, String value) {
        return new Call(client, Kind.CAS, key, value, expected, 0);
    }

    /** A write that was sent before is about to be sent once more, under its idempotency key. */
    public Call repeat(int client, String key, String value) {
        return new Call(client, Kind.REPEAT, key, value, null, 0);
    }

    /** A delete is about to be sent. */
    public Call delete(int client, String key) {
        return new Call(client, Kind.DELETE, key, null, null, 0);
    }

    /**
     * A watch begins, or goes on over another connection.
     *
     * @param watch its number, which no client has
     * @param behind what it was told last, or from where it begins
     * @param taken false where that position was refused as discarded or compacted
     */
    public void resumed(int watch, String prefix, Position behind, boolean taken) {
        long nowNs = clockNs.getAsLong();
        Outcome outcome = taken ? Outcome.OK : Outcome.REFUSED;
        finished.add(new Operation(watch, Kind.RESUME, prefix, null, nowNs, nowNs, outcome, null, behind));
    }

    /** A watch tells of a change; null for a deletion. */
    public void told(int watch, String key, @Nullable String value, Position version) {
        long nowNs = clockNs.getAsLong();
        finished.add(new Operation(watch, Kind.CHANGE, key, value, nowNs, nowNs, Outcome.OK, version, null));
    }

    /** All that was finished, in the order of the calls. */
    public List<Operation> history() {
        List<Operation> history = new ArrayList<>(finished);
        history.sort(Comparator.comparingLong(Operation::startNs));
        return history;
    }

    /** An operation that was called. It is finished once. */
    public final class Call {
        private final int client;
        private final Kind kind;
        private final String key;
        private final @Nullable String value;
        private final @Nullable String expected;
        private final long ttlMs;
        private final long startNs;
        private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();

        private Call(int client, Kind kind, String key, @Nullable String value, @Nullable String expected, long ttlMs) {
            this.client = client;
            this.kind = kind;
            this.key = key;
            this.value = value;
            this.expected = expected;
            this.ttlMs = ttlMs;
            this.startNs = clockNs.getAsLong();
        }

        /** A write or delete was acknowledged. */
        public void acknowledged(@Nullable Position version) {
            finish(Outcome.OK, value, version, version);
        }

        /**
         * A read was answered.
         *
         * @param seen the value, or null where the key is absent
         * @param version of the record, if the answer told
         * @param position session token of the answer, if it told
         */
        public void saw(@Nullable String seen, @Nullable Position version, @Nullable Position position) {
            finish(Outcome.OK, seen, version, position);
        }

        /**
         * A page was answered that shows all keys of a group, which batches write together.
         *
         * @param values of all keys of the group, null for a key that is absent
         */
        public void sawAll(List<@Nullable String> values, @Nullable Position version, @Nullable Position position) {
            Set<@Nullable String> distinct = new LinkedHashSet<>(values);
            String seen = distinct.size() == 1
                    ? values.get(0)
                    : values.stream().map(String::valueOf).collect(Collectors.joining(Batches.TORN));
            saw(seen, version, position);
        }

        /** The condition of a write did not hold; of what there is this is the version, null for absence. */
        public void refused(@Nullable Position version) {
            finish(Outcome.REFUSED, value, version, null);
        }

        /** Nothing was done. */
        public void failed() {
            finish(Outcome.FAILED, value, null, null);
        }

        /** A write may have been done, or may be later. */
        public void unknown() {
            finish(Outcome.UNKNOWN, value, null, null);
        }

        private void finish(
                Outcome result, @Nullable String end, @Nullable Position version, @Nullable Position position) {
            if (!outcome.compareAndSet(null, result)) {
                throw new IllegalStateException("the call of client " + client + " is finished already");
            }
            long endNs = clockNs.getAsLong();
            finished.add(
                    new Operation(client, kind, key, end, startNs, endNs, result, version, position, expected, ttlMs));
        }
    }
}
