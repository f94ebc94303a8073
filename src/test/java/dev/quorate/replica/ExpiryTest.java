package dev.quorate.replica;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ExpiryTest {
    /** Each request has its own time-out: one that is short must not wait for a long one that came before. */
    @Test
    void theEarliestDeadlineCountsWhoeverCameFirst() {
        AtomicInteger asked = new AtomicInteger();
        Loop loop = new Loop("quorate-test-expiry", () -> {}, failure -> {});
        Expiry expiry = new Expiry(loop);
        expiry.add(now -> {
            asked.incrementAndGet();
            return 0;
        });
        loop.start();
        loop.offer(() -> {
            expiry.expect(System.nanoTime() + Duration.ofHours(1).toNanos());
            expiry.expect(System.nanoTime() + Duration.ofMillis(20).toNanos());
        });
        await().atMost(Duration.ofSeconds(10)).until(() -> asked.get() == 1);
        loop.offer(loop::stop);
        loop.join();
    }
}
