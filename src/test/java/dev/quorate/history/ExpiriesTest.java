package dev.quorate.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.history.Verdict.Result;
import dev.quorate.protocol.Position;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What was to expire is gone in the end. Not before its time: {@link CompareAndSetTest}. */
class ExpiriesTest {
    private static final long SECOND_NS = 1_000_000_000;

    private final AtomicLong clock = new AtomicLong();
    private final Recorder recorder = new Recorder(clock::get);

    @Test
    void whatIsGoneInTheEndHolds() {
        write();
        lookAfter(40, "v");
        lookAfter(1, null);
        assertEquals(Result.HOLDS, verdict().result());
    }

    @Test
    void whatIsThereForEverIsFound() {
        write();
        lookAfter(32, "v");
        assertEquals(Result.VIOLATED, verdict().result());
        assertEquals(2, verdict().part().size());
    }

    @Test
    void whatAFailoverMayHaveDelayedProvesNothing() {
        write();
        lookAfter(30, "v");
        assertEquals(Result.UNDECIDED, verdict().result());
    }

    private void write() {
        recorder.expiring(1, "k", "v", 1_000).acknowledged(new Position(1, 1));
    }

    private void lookAfter(long seconds, @Nullable String value) {
        clock.addAndGet(seconds * SECOND_NS);
        recorder.read(1, "k").saw(value, null, null);
    }

    private Verdict verdict() {
        return Checker.check(recorder.history(), Guarantee.EXPIRY);
    }
}
