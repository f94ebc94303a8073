package dev.quorate.history;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
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
        return new Call(client, Kind.READ, key, null);
    }

    /** A write is about to be sent. Values that no other write of the key has make checking quick and verdicts clear. */
    public Call write(int client, String key, String value) {
        return new Call(client, Kind.WRITE, key, value);
    }

    /** A delete is about to be sent. */
    public Call delete(int client, String key) {
        return new Call(client, Kind.DELETE, key, null);
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
        private final long startNs;
        private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();

        private Call(int client, Kind kind, String key, @Nullable String value) {
            this.client = client;
            this.kind = kind;
            this.key = key;
            this.value = value;
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
            finished.add(
                    new Operation(client, kind, key, end, startNs, clockNs.getAsLong(), result, version, position));
        }
    }
}
