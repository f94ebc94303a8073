package dev.quorate.replica;

import io.smallrye.mutiny.subscription.UniEmitter;
import java.nio.ByteBuffer;

/**
 * A write on its way to the loop.
 *
 * @param payload the encoded mutation
 * @param required how many replicas must have it
 * @param deadlineNanos when it fails, on the monotonic clock
 * @param emitter who hears of it
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Write(
        String key,
        byte[] value,
        ByteBuffer payload,
        int required,
        long deadlineNanos,
        UniEmitter<? super Receipt> emitter) {}
