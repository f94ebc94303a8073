package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Nobody waits for ever for a loop that has ended. */
class LoopTest {
    private static final class Awaited implements Loop.Work {
        private final AtomicBoolean ran = new AtomicBoolean();
        private final AtomicBoolean abandoned = new AtomicBoolean();

        @Override
        public void run() {
            ran.set(true);
        }

        @Override
        public void abandon() {
            abandoned.set(true);
        }
    }

    @Test
    void workBehindAFailureAndWorkAfterItIsAbandoned() {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Loop loop = new Loop("quorate-test-loop", () -> {}, failure::set);
        Awaited queued = new Awaited();
        loop.offer(() -> {
            throw new IllegalStateException("broken");
        });
        loop.offer(queued);
        loop.start();
        await().atMost(Duration.ofSeconds(10)).until(() -> failure.get() != null);
        loop.join();
        assertTrue(queued.abandoned.get(), "before anybody else offers");
        Awaited late = new Awaited();
        loop.offer(late);
        assertTrue(late.abandoned.get());
        assertFalse(queued.ran.get() || late.ran.get());
    }

    @Test
    void workBehindAnOrderedStopIsAbandoned() {
        Loop loop = new Loop("quorate-test-loop", () -> {}, failure -> {});
        Awaited next = new Awaited();
        Awaited last = new Awaited();
        loop.offer(loop::stop);
        loop.offer(next);
        loop.offer(last);
        loop.start();
        loop.join();
        assertTrue(next.abandoned.get() && last.abandoned.get());
        assertFalse(next.ran.get() || last.ran.get());
    }
}
