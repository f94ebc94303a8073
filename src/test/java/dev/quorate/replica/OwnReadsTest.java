package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.quorate.protocol.Position;
import dev.quorate.replica.PositionWaits.Standing;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Store;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Reads that wait for the log: when they are answered, with what, and when never (protocol.md §4). */
class OwnReadsTest {
    private final TermsLog log = new TermsLog();
    private final Store store = new Store();
    private final OwnReads reads = new OwnReads(0, store, log, new Freshness(false), false);

    @Test
    void aLinearizableReadShowsNothingThatCanBeTakenBack() {
        write(1, "old");
        write(1, "new");
        UniAssertSubscriber<ReadResult> read = linearizable(100);
        commit(1);
        read.assertNotTerminated();
        commit(2);
        assertEquals("new", shown(read));
        assertEquals(new Position(1, 2), read.getItem().position());
        assertEquals("true", read.getItem().committed());
    }

    @Test
    void whatIsWrittenAfterItArrivedIsNotWaitedForAndNotShownBeforeItIsCommitted() {
        write(1, "old");
        UniAssertSubscriber<ReadResult> read = linearizable(100);
        write(1, "new");
        commit(1);
        assertEquals("old", shown(read));
        UniAssertSubscriber<ReadResult> later = linearizable(100);
        write(1, "newest");
        commit(3);
        assertEquals("newest", shown(later));
    }

    @Test
    void aCommittedValueIsNotShownBeforeLeadershipIsConfirmed() {
        write(1, "old");
        commit(1);
        UniAssertSubscriber<ReadResult> read =
                subscribed(Uni.createFrom().emitter(emitter -> reads.linearizable("k", 7, Long.MAX_VALUE, emitter)));
        reads.complete(1, 6);
        read.assertNotTerminated();
        reads.complete(1, 7);
        assertEquals("old", shown(read));
    }

    @Test
    void anAbsenceIsCommittedToo() {
        UniAssertSubscriber<ReadResult> read = linearizable(100);
        write(1, "new");
        commit(0);
        assertNull(read.assertCompleted().getItem().value());
        assertEquals(Position.NONE, read.getItem().position());
    }

    @Test
    void eachFailsAtItsOwnTimeAndTheNextOneIsTold() {
        write(1, "v");
        UniAssertSubscriber<ReadResult> late = linearizable(300);
        UniAssertSubscriber<ReadResult> soon = linearizable(100);
        UniAssertSubscriber<Position> token = reached(new Position(1, 9), 200);
        assertEquals(200, reads.expire(100));
        soon.assertFailedWith(ReplicaException.ReadTimeout.class);
        assertEquals(300, reads.expire(250));
        token.assertFailedWith(ReplicaException.PositionNotReached.class);
        assertEquals(0, reads.expire(300));
        late.assertFailedWith(ReplicaException.ReadTimeout.class);
        commit(1);
    }

    @Test
    void whoStepsDownAnswersNoLinearizableReadButStillReachesPositions() {
        write(1, "v");
        UniAssertSubscriber<ReadResult> read = linearizable(100);
        UniAssertSubscriber<Position> token = reached(new Position(1, 2), 100);
        reads.steppedDown("replica 0 no longer leads");
        read.assertFailedWith(ReplicaException.Unavailable.class);
        write(1, "w");
        reads.complete(0, 1);
        token.assertCompleted();
        UniAssertSubscriber<Position> never = reached(new Position(1, 3), 100);
        reads.abandon("replica 0 stopped");
        never.assertFailedWith(ReplicaException.Unavailable.class);
    }

    @Test
    void aTokenIsReachedDiscardedOrWaitedFor() {
        log.terms.addAll(List.of(1L, 1L, 3L));
        assertEquals(Standing.REACHED, judge(0, 0, 0));
        assertEquals(Standing.REACHED, judge(1, 2, 0));
        assertEquals(Standing.REACHED, judge(3, 3, 0));
        // An entry of another term that is not committed may yet be replaced by the one that is asked for.
        assertEquals(Standing.AHEAD, judge(2, 3, 2));
        assertEquals(Standing.DISCARDED, judge(2, 3, 3));
        assertEquals(Standing.DISCARDED, judge(4, 3, 3));
        // Beyond the log: term 2 cannot follow a committed entry of term 3, term 3 can.
        assertEquals(Standing.AHEAD, judge(2, 9, 2));
        assertEquals(Standing.DISCARDED, judge(2, 9, 3));
        assertEquals(Standing.AHEAD, judge(3, 9, 3));
    }

    /** Against the histories themselves: a token is judged as what the log that is committed in the end makes of it. */
    @Test
    void noVerdictIsEverWrong() {
        for (long seed = 1; seed <= 2_000; seed++) {
            Random random = new Random(seed);
            TermsLog end = new TermsLog();
            end.grow(random, 8);
            TermsLog now = new TermsLog();
            int committed = random.nextInt(end.terms.size() + 1);
            now.terms.addAll(end.terms.subList(0, committed));
            now.grow(random, random.nextInt(4));
            for (int index = 0; index <= 8; index++) {
                for (int term = 0; term <= 6; term++) {
                    Standing standing = PositionWaits.judge(new Position(term, index), now, committed);
                    boolean holdsInTheEnd = end.termAt(index) == term;
                    String told = "seed " + seed + ": " + term + "." + index + " in " + now.terms + " committed "
                            + committed + " is " + standing + ", in the end " + end.terms;
                    if (standing == Standing.DISCARDED) {
                        assertEquals(false, holdsInTheEnd, told);
                    } else if (standing == Standing.REACHED) {
                        assertEquals((long) term, now.termAt(index), told);
                    } else if (committed == end.terms.size()) {
                        assertEquals(true, index > committed, told);
                    }
                }
            }
        }
    }

    private Standing judge(long term, long index, long commitIndex) {
        return PositionWaits.judge(new Position(term, index), log, commitIndex);
    }

    private void write(long term, String value) {
        log.terms.add(term);
        store.apply(term, log.lastIndex(), MutationCodec.put("k", value.getBytes(StandardCharsets.UTF_8), null, 1, 0));
    }

    private void commit(long index) {
        store.committed(index);
        reads.complete(index, 1);
    }

    private UniAssertSubscriber<ReadResult> linearizable(long deadlineNanos) {
        return subscribed(Uni.createFrom().emitter(emitter -> reads.linearizable("k", 1, deadlineNanos, emitter)));
    }

    private UniAssertSubscriber<Position> reached(Position token, long deadlineNanos) {
        return subscribed(Uni.createFrom().emitter(emitter -> reads.reached(token, false, deadlineNanos, emitter)));
    }

    private static <T> UniAssertSubscriber<T> subscribed(Uni<T> uni) {
        return uni.subscribe().withSubscriber(UniAssertSubscriber.create());
    }

    private static String shown(UniAssertSubscriber<ReadResult> read) {
        @Nullable StoredValue value = read.assertCompleted().getItem().value();
        return new String(Objects.requireNonNull(value).value(), StandardCharsets.UTF_8);
    }
}
