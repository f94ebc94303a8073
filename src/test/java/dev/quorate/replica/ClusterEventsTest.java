package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Role;
import dev.quorate.replica.ClusterEvents.End;
import dev.quorate.replica.ClusterEvents.Gap;
import dev.quorate.replica.ClusterEvents.Idle;
import dev.quorate.replica.ClusterEvents.Item;
import dev.quorate.replica.ClusterEvents.Told;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A reader gets each event once and in order, or is told how many it did not get. */
class ClusterEventsTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final OptionalInt ALL = OptionalInt.empty();

    private final ClusterEvents journal = new ClusterEvents("00c0ffee", 10, Duration.ofMinutes(1));

    @Test
    void theKeptComeFirstAndThenThoseToCome() {
        publish(0, 1, 3);
        AssertSubscriber<Item> reader = read(null, ALL);
        assertEquals(ids(1, 3), told(reader, 3));
        publish(0, 4, 5);
        assertEquals(ids(1, 5), told(reader, 5));
    }

    @Test
    void goesOnBehindTheIdGiven() {
        publish(0, 1, 5);
        AssertSubscriber<Item> reader = read("00c0ffee-3", ALL);
        assertEquals(ids(4, 5), told(reader, 2));
        publish(0, 6, 6);
        assertEquals(ids(4, 6), told(reader, 3));
        assertEquals(ids(6, 6), told(read("00c0ffee-5", ALL), 1));
    }

    @Test
    void whatIsNoLongerKeptIsToldFirstAsAGap() {
        publish(0, 1, 25);
        List<Item> items = items(read("00c0ffee-4", ALL), 11);
        assertEquals(11, ((Gap) items.get(0)).missing());
        assertEquals(ids(16, 25), idsOf(items.subList(1, 11)));
        assertEquals(ids(16, 25), told(read(null, ALL), 10), "nothing is missing for one who had nothing");
        assertEquals(ids(16, 25), told(read("00c0ffee-15", ALL), 10), "nor at the edge");
    }

    @Test
    void anIdOfAnotherRunCannotBeGoneOnFrom() {
        publish(0, 1, 2);
        for (String strange : List.of("deadbeef-1", "00c0ffee-3")) {
            List<Item> items = items(read(strange, ALL), 3);
            assertEquals(-1, ((Gap) items.get(0)).missing(), strange);
            assertEquals(ids(1, 2), idsOf(items.subList(1, 3)), strange);
        }
        for (String wrong : List.of("", "7", "00c0ffee-", "00c0ffee-x", "00c0ffee-1234567890123456789")) {
            assertThrows(IllegalArgumentException.class, () -> journal.after(wrong, ALL), wrong);
        }
    }

    @Test
    void oneReplicasEventsAloneAndTheOthersPushNobodyOut() {
        publish(0, 1, 1);
        publish(1, 2, 2);
        AssertSubscriber<Item> reader = read(null, OptionalInt.of(1));
        assertEquals(ids(2, 2), told(reader, 1));
        await().atMost(LONG).until(() -> journal.waiting() == 1);
        publish(0, 3, 40);
        publish(1, 41, 41);
        assertEquals(List.of("00c0ffee-2", "00c0ffee-41"), told(reader, 2));
    }

    @Test
    void whoReadsTooSlowlyIsCutOffAndToldSo() {
        publish(0, 1, 2);
        AssertSubscriber<Item> reader = journal.after(null, ALL).subscribe().withSubscriber(AssertSubscriber.create(1));
        assertEquals(ids(1, 1), told(reader, 1));
        publish(0, 3, 15);
        assertEquals(0, journal.waiting(), "who asks for nothing is waited for by nobody");
        reader.request(5);
        List<Item> items = items(reader, 2);
        assertEquals(4, ((End) items.get(1)).missed());
        reader.awaitCompletion(LONG);
        assertEquals(4, ((Gap) items(read("00c0ffee-1", ALL), 1).get(0)).missing(), "and can go on");
    }

    @Test
    void anIdleStreamShowsThatItLives() {
        ClusterEvents impatient = new ClusterEvents("00c0ffee", 10, Duration.ofMillis(20));
        AssertSubscriber<Item> reader =
                impatient.after(null, ALL).subscribe().withSubscriber(AssertSubscriber.create(100));
        items(reader, 2).forEach(item -> assertTrue(item instanceof Idle, item.toString()));
        reader.cancel();
        await("a reader that is gone waits no more").atMost(LONG).until(() -> impatient.waiting() == 0);
    }

    /** The wait for an event runs out all the time, and writers are several: none may be lost or doubled by it. */
    @Test
    void eachComesOnceAlsoWhenWaitsRunOut() throws InterruptedException {
        ClusterEvents hasty = new ClusterEvents("00c0ffee", 2_000, Duration.ofMillis(1));
        AssertSubscriber<Item> reader =
                hasty.after(null, ALL).subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
        List<Thread> writers = IntStream.range(0, 2)
                .mapToObj(replica -> new Thread(() -> {
                    for (int i = 0; i < 500; i++) {
                        hasty.publish(event(replica, i));
                        LockSupport.parkNanos(50_000);
                    }
                }))
                .toList();
        writers.forEach(Thread::start);
        for (Thread writer : writers) {
            writer.join();
        }
        await().atMost(LONG)
                .untilAsserted(() -> assertEquals(ids(1, 1_000), idsOf(new ArrayList<>(reader.getItems()))));
        reader.cancel();
    }

    @Test
    void closingEndsTheStreams() {
        AssertSubscriber<Item> reader = read(null, ALL);
        await().atMost(LONG).until(() -> journal.waiting() == 1);
        journal.close();
        assertEquals(0, ((End) items(reader, 1).get(0)).missed());
        reader.awaitCompletion(LONG);
        read(null, ALL).awaitCompletion(LONG);
    }

    private AssertSubscriber<Item> read(@Nullable String after, OptionalInt replica) {
        return journal.after(after, replica).subscribe().withSubscriber(AssertSubscriber.create(100));
    }

    private void publish(int replica, int from, int to) {
        for (int i = from; i <= to; i++) {
            journal.publish(event(replica, i));
        }
    }

    private static ClusterEvent event(int replica, int number) {
        return new ClusterEvent(
                replica, 1, Role.FOLLOWER, EventType.PEER_LOST, null, "event " + number, 5, Map.of("number", number));
    }

    private static List<Item> items(AssertSubscriber<Item> reader, int count) {
        await().atMost(LONG).until(() -> reader.getItems().size() >= count);
        return List.copyOf(reader.getItems()).subList(0, count);
    }

    private static List<String> told(AssertSubscriber<Item> reader, int count) {
        return idsOf(items(reader, count));
    }

    private static List<String> idsOf(List<Item> items) {
        return items.stream()
                .filter(Told.class::isInstance)
                .map(item -> ((Told) item).id())
                .toList();
    }

    private static List<String> ids(long from, long to) {
        return LongStream.rangeClosed(from, to)
                .mapToObj(number -> "00c0ffee-" + number)
                .toList();
    }
}
