package dev.quorate.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Verdict.Result;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Watches tell the log: no gap, no double, in order, and all the same. */
class WatchesTest {
    private static final int ONE = 100;
    private static final int OTHER = 101;

    private final Recorder recorder = new Recorder(new AtomicLong()::incrementAndGet);

    /** Six entries, the third a batch, the fifth a delete, the sixth of unknown outcome. */
    @BeforeEach
    void write() {
        recorder.write(1, "p/a", "v1").acknowledged(at(1));
        recorder.write(1, "p/b", "v2").acknowledged(at(2));
        recorder.write(1, "p/a", "v3").acknowledged(at(3));
        recorder.write(1, "p/b", "v3").acknowledged(at(3));
        recorder.write(1, "elsewhere", "v4").acknowledged(at(4));
        recorder.delete(1, "p/a").acknowledged(at(5));
        recorder.write(1, "p/b", "v6").unknown();
        recorder.write(1, "p/c", "last").acknowledged(at(7));
        for (int watch : List.of(ONE, OTHER)) {
            recorder.resumed(watch, "p/", at(1), true);
            recorder.told(watch, "p/b", "v2", at(2));
            recorder.told(watch, "p/a", "v3", at(3));
            if (watch == OTHER) {
                // Cut within an entry, it is told once more.
                recorder.resumed(watch, "p/", at(2), true);
                recorder.told(watch, "p/a", "v3", at(3));
            }
            recorder.told(watch, "p/b", "v3", at(3));
            recorder.told(watch, "p/a", null, at(5));
            recorder.told(watch, "p/b", "v6", at(6));
            recorder.told(watch, "p/c", "last", at(7));
        }
    }

    @Test
    void theLogHolds() {
        assertEquals(Verdict.holds(Guarantee.WATCH_IS_LOG), verdict(recorder.history()));
    }

    @Test
    void anAcknowledgedWriteThatWasNotToldIsFound() {
        assertViolated("never told of 1.3", without(op -> at(3).equals(op.version()) && op.client() >= ONE));
        assertViolated("never told of 1.3", without(told("p/b", "v3", ONE)));
        assertViolated("never told of 1.7", without(told("p/c", "last", OTHER)));
    }

    @Test
    void whatOnlyOneWasToldIsFound() {
        assertViolated("not every watch", without(told("p/b", "v6", ONE)));
        assertViolated(
                "not every watch", without(op -> op.kind() == Kind.CHANGE && op.value() == null && op.client() == ONE));
    }

    @Test
    void aDoubleIsFound() {
        recorder.told(ONE, "p/c", "last", at(7));
        assertViolated("1.7 twice", recorder.history());
    }

    @Test
    void oneThatIsToldBehindWhatWasToldIsFound() {
        recorder.told(ONE, "p/b", "v6", at(6));
        assertViolated("1.6 behind 1.7", recorder.history());
    }

    @Test
    void whatTheResumedConnectionTellsAgainIsFound() {
        recorder.resumed(ONE, "p/", at(7), true);
        recorder.told(ONE, "p/c", "last", at(7));
        assertViolated("1.7 behind 1.7", recorder.history());
    }

    @Test
    void whatNobodyWroteIsFound() {
        recorder.told(ONE, "p/c", "invented", at(8));
        assertViolated("nobody wrote", recorder.history());
    }

    @Test
    void anotherValueIsFound() {
        recorder.write(1, "p/c", "other").failed();
        recorder.write(1, "p/c", "another").unknown();
        List<Operation> history = without(told("p/c", "last", ONE));
        Recorder swapped = new Recorder(() -> Long.MAX_VALUE);
        swapped.told(ONE, "p/c", "another", at(7));
        history.addAll(swapped.history());
        assertViolated("another value", history);
    }

    @Test
    void aPositionThatWasToldAndIsRefusedIsFound() {
        recorder.resumed(ONE, "p/", at(7), false);
        assertViolated("refused", recorder.history());
    }

    @Test
    void whatComesBehindTheLastAcknowledgedWriteNeedNotHaveReachedAll() {
        recorder.told(ONE, "p/a", null, at(9));
        assertTrue(verdict(recorder.history()).holds());
    }

    @Test
    void whereNoWatchToldAnythingThereIsNoVerdict() {
        assertEquals(
                Result.UNDECIDED, verdict(without(op -> op.client() >= ONE)).result());
    }

    private static Predicate<Operation> told(String key, String value, int watch) {
        return op -> op.client() == watch && op.key().equals(key) && value.equals(op.value());
    }

    private List<Operation> without(Predicate<Operation> left) {
        List<Operation> history = new ArrayList<>(recorder.history());
        assertTrue(history.removeIf(left), "there is such a one");
        return history;
    }

    private static void assertViolated(String reason, List<Operation> history) {
        Verdict verdict = verdict(history);
        assertEquals(Result.VIOLATED, verdict.result());
        assertTrue(verdict.reason().contains(reason), verdict.toString());
    }

    private static Verdict verdict(List<Operation> history) {
        return Checker.check(history, Guarantee.WATCH_IS_LOG);
    }

    private static Position at(long index) {
        return new Position(1, index);
    }
}
