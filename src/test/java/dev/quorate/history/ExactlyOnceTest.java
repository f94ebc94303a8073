package dev.quorate.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.history.Verdict.Result;
import dev.quorate.protocol.Position;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What was sent several times was done once; a counter shows as many increments as were acknowledged. */
class ExactlyOnceTest {
    private final Recorder recorder = new Recorder(new AtomicLong()::incrementAndGet);

    @Test
    void aRepeatThatAnswersTheFirstVersionHolds() {
        recorder.write(1, "k", "a").acknowledged(new Position(1, 1));
        recorder.repeat(1, "k", "a").acknowledged(new Position(1, 1));
        recorder.read(2, "k").saw("a", new Position(1, 1), null);
        assertEquals(Result.HOLDS, verdict().result());
    }

    @Test
    void aRepeatThatWasDoneAgainIsFound() {
        recorder.write(1, "k", "a").acknowledged(new Position(1, 1));
        recorder.repeat(1, "k", "a").acknowledged(new Position(1, 4));
        assertViolated(2);
    }

    @Test
    void aValueThatIsSeenUnderTwoVersionsIsFound() {
        recorder.repeat(1, "k", "a").unknown();
        recorder.read(2, "k").saw("a", new Position(1, 1), null);
        recorder.read(2, "k").saw("a", new Position(1, 4), null);
        assertViolated(2);
    }

    @Test
    void aCounterIsAtTheNumberOfItsIncrements() {
        increment(null, "1 a");
        increment("1 a", "2 b");
        recorder.compareAndSet(1, "n", "1 a", "2 c").refused(new Position(1, 2));
        look("2 b");
        assertEquals(Result.HOLDS, verdict().result());
    }

    @Test
    void anIncrementThatIsDoneTwiceIsFound() {
        increment(null, "1 a");
        increment("1 a", "2 b");
        look("3 b");
        assertViolated(1);
    }

    @Test
    void anIncrementThatWasAcknowledgedAndIsNotThereIsFound() {
        increment(null, "1 a");
        look(null);
        assertViolated(1);
    }

    @Test
    void whatIsUnknownMayCountOnce() {
        increment(null, "1 a");
        recorder.compareAndSet(1, "n", "1 a", "2 b").unknown();
        look("2 b");
        assertEquals(Result.HOLDS, verdict().result());
        recorder.compareAndSet(1, "n", "3 x", "4 b").unknown();
        look("4 x");
        assertViolated(1);
    }

    @Test
    void aLookBesideAnIncrementCountsNothing() {
        Recorder.Call open = recorder.compareAndSet(1, "n", null, "1 a");
        look("7");
        open.acknowledged(new Position(1, 1));
        assertEquals(Result.HOLDS, verdict().result());
    }

    @Test
    void whereNothingWasSentAgainThereIsNoVerdict() {
        recorder.write(1, "k", "a").acknowledged(new Position(1, 1));
        assertEquals(Result.UNDECIDED, verdict().result());
    }

    private void increment(@Nullable String from, String to) {
        recorder.compareAndSet(1, "n", from, to).acknowledged(null);
    }

    private void look(@Nullable String value) {
        recorder.read(2, "n").saw(value, null, null);
    }

    private void assertViolated(int operations) {
        Verdict verdict = verdict();
        assertEquals(Result.VIOLATED, verdict.result(), verdict.toString());
        assertEquals(operations, verdict.part().size(), verdict.toString());
    }

    private Verdict verdict() {
        return Checker.check(recorder.history(), Guarantee.EXACTLY_ONCE);
    }
}
