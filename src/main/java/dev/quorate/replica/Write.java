package dev.quorate.replica;

import io.smallrye.mutiny.subscription.UniEmitter;
import java.nio.ByteBuffer;
import java.time.Clock;

/**
 * A write on its way to the loop.
 *
 * @param payload the encoded mutation
 * @param required how many replicas must have it
 * @param deadlineNanos when it fails, on the monotonic clock
 * @param emitter who hears of it
 */
record Write(
        WriteRequest request,
        ByteBuffer payload,
        int required,
        long deadlineNanos,
        UniEmitter<? super Receipt> emitter) {
    /** One whose time begins now. */
    static Write of(WriteRequest request, int required, UniEmitter<? super Receipt> emitter) {
        ByteBuffer payload = request.mutation(required, Clock.systemUTC().millis());
        long deadlineNanos = System.nanoTime() + request.timeout().toNanos();
        return new Write(request, payload, required, deadlineNanos, emitter);
    }

    /** Bytes of keys and values that it puts; 0 if it only deletes. */
    long putBytes() {
        return request.operations().stream()
                .filter(operation -> operation.value() != null)
                .mapToLong(WriteOperation::sizeBytes)
                .sum();
    }
}
