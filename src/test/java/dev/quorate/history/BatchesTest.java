package dev.quorate.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.history.Verdict.Result;
import dev.quorate.protocol.Position;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A batch is seen of all its keys or of none. */
class BatchesTest {
    private final Recorder recorder = new Recorder(new AtomicLong()::incrementAndGet);

    @Test
    void wholeOnesHold() {
        recorder.read(2, "g").sawAll(Arrays.asList(null, null), null, null);
        recorder.write(1, "g", "a").acknowledged(new Position(1, 1));
        recorder.read(2, "g").sawAll(List.of("a", "a"), null, null);
        recorder.write(1, "g", "b").unknown();
        recorder.read(2, "g").sawAll(List.of("b", "b"), null, null);
        assertEquals(Result.HOLDS, verdict().result());
        assertTrue(Checker.check(recorder.history()).holds());
    }

    @Test
    void aTornOneIsFoundAndShownWithItsBatches() {
        recorder.write(1, "g", "a").acknowledged(new Position(1, 1));
        recorder.write(1, "g", "b").acknowledged(new Position(1, 2));
        recorder.write(1, "g", "c").acknowledged(new Position(1, 3));
        recorder.read(2, "g").sawAll(List.of("b", "c"), null, null);
        Verdict verdict = verdict();
        assertEquals(Result.VIOLATED, verdict.result());
        assertEquals(recorder.history().subList(1, 4), verdict.part());
    }

    @Test
    void oneThatIsThereInPartOnlyIsFound() {
        recorder.write(1, "g", "a").acknowledged(new Position(1, 1));
        recorder.read(2, "g").sawAll(Arrays.asList("a", null), null, null);
        assertEquals(Result.VIOLATED, verdict().result());
    }

    @Test
    void whereNobodySawAnyThereIsNoVerdict() {
        recorder.write(1, "g", "a").acknowledged(new Position(1, 1));
        recorder.read(2, "g").sawAll(Arrays.asList(null, null), null, null);
        assertEquals(Result.UNDECIDED, verdict().result());
    }

    private Verdict verdict() {
        return Checker.check(recorder.history(), Guarantee.UNTORN_BATCHES);
    }
}
