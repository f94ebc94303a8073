package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Writes that wait are bounded in number and bytes, and count no longer however they end. */
class IntakeTest {
    private final List<UniEmitter<? super String>> waiting = new ArrayList<>();

    @Test
    void aboveEitherBoundWritesAreRefusedUntilOthersEnd() {
        Intake intake = new Intake(3, 100);
        ask(intake, 60);
        ask(intake, 41).assertFailedWith(ReplicaException.Overloaded.class);
        ask(intake, 40);
        ask(intake, 0);
        ask(intake, 0).assertFailedWith(ReplicaException.Overloaded.class);
        waiting.get(0).complete("done");
        waiting.get(1).fail(new IllegalStateException());
        assertEquals(1, intake.pending());
        UniAssertSubscriber<String> goesAway = ask(intake, 100);
        goesAway.cancel();
        assertEquals(1, intake.pending());
        ask(intake, 100);
        assertEquals(2, intake.pending());
    }

    @Test
    void oneThatIsLargerThanTheBoundIsTakenAlone() {
        Intake intake = new Intake(3, 100);
        ask(intake, 1000);
        ask(intake, 1).assertFailedWith(ReplicaException.Overloaded.class);
    }

    @Test
    void bodiesOnTheirWayCountWithTheWritesThatWait() {
        Intake intake = new Intake(3, 100);
        assertTrue(intake.hold(60, 0));
        ask(intake, 1);
        assertTrue(intake.hold(39, 60));
        assertFalse(intake.hold(1, 99));
        intake.letGo(99);
        assertEquals(1, intake.pendingBytes());
        waiting.get(0).complete("done");
        assertTrue(intake.hold(90, 0));
        assertTrue(intake.hold(90, 90), "one alone is taken whatever it takes");
        intake.letGo(180);
        assertEquals(0, intake.pendingBytes());
    }

    @Test
    void aBodyThatIsOnlyAnnouncedHasToFitAndKeepsNobodyOut() {
        Intake intake = new Intake(3, 100);
        assertTrue(intake.hasRoom(1000), "one alone is taken whatever it takes");
        ask(intake, 60);
        assertTrue(intake.hasRoom(40));
        assertTrue(intake.hasRoom(40), "nothing was counted");
        assertFalse(intake.hasRoom(41));
    }

    @Test
    void oneThatCannotEvenBeginCountsNoLonger() {
        Intake intake = new Intake(3, 100);
        intake.<String>admit(1, () -> {
                    throw new IllegalStateException("no");
                })
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .assertFailedWith(IllegalStateException.class);
        assertEquals(0, intake.pending());
    }

    private UniAssertSubscriber<String> ask(Intake intake, long bytes) {
        return intake.admit(bytes, () -> Uni.createFrom().<String>emitter(waiting::add))
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create());
    }
}
