package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.Records;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Position;
import dev.quorate.replica.ClusterEvents.Told;
import dev.quorate.replica.Rollback.State;
import dev.quorate.store.MutationCodec;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A follower whose tail is another history's: nothing disappears in silence (protocol.md §3). */
class RollbacksTest {
    private static final long SET_ID = 7;
    private static final long LEADERS_INCARNATION = 11;
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final WalOptions WAL = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));

    @TempDir
    Path directory;

    private ClusterEvents journal = new ClusterEvents();
    private @Nullable Replica replica;
    private final List<String> counted = new ArrayList<>();
    private long sequence;

    private Replica replica() {
        return java.util.Objects.requireNonNull(replica);
    }

    /** Follower 1 of two, with a no-op and three writes of term 1, of which it knows the no-op to be committed. */
    @BeforeEach
    void aFollowerWithATail() throws IOException {
        open();
        Envelope envelope = envelope();
        long own = replica().membership().incarnation();
        end(replica().fromPeers().onForm(envelope, SET_ID, 0, List.of(LEADERS_INCARNATION, own)));
        append(1, Position.NONE, 1, log(1, 1, put("a", "1", 1), put("b", "22", 2), delete("c", 2)));
    }

    @AfterEach
    void stop() {
        replica().stop();
    }

    @Test
    void aWriteThatATruncationTakesIsRemovedThenDiscardedAlsoAfterARestart() throws IOException {
        append(2, new Position(1, 1), 1, log(2, 2, put("z", "new", 1)));

        List<Rollback> removed = replica().rollbacks().newest(10).newest();
        assertEquals(
                List.of("c 1.4 delete 0 w=2", "b 1.3 put 2 w=2", "a 1.2 put 1 w=1"),
                removed.stream().map(RollbacksTest::told).toList());
        assertTrue(removed.stream().allMatch(write -> write.state() == State.REMOVED && write.replica() == 1));
        assertTrue(removed.stream().allMatch(write -> write.savedAtMs() > 1_700_000_000_000L));
        assertEquals(List.of("removed 3"), counted);

        reopen();
        assertEquals(removed, replica().rollbacks().newest(10).newest(), "not settled, and a restart loses nothing");
        append(2, new Position(2, 2), 1, log(3, 2));
        assertEquals(removed, replica().rollbacks().newest(10).newest(), "nothing is committed in their place yet");

        heartbeat(2, 2);
        List<Rollback> discarded = replica().rollbacks().newest(10).newest();
        assertEquals(
                removed.stream().map(RollbacksTest::told).toList(),
                discarded.stream().map(RollbacksTest::told).toList());
        assertTrue(discarded.stream().allMatch(write -> write.state() == State.DISCARDED));
        assertEquals(List.of("removed 3", "discarded 3"), counted);

        reopen();
        append(2, new Position(2, 2), 2, log(3, 2));
        assertEquals(discarded, replica().rollbacks().newest(10).newest());
        assertEquals(List.of("removed 3", "discarded 3"), counted, "told once");
        assertEquals(1, replica().rollbacks().newest(1).newest().size());
    }

    @Test
    void eachStepIsAnEventWithItsCause() throws IOException {
        append(2, new Position(1, 1), 1, log(2, 2, put("z", "new", 1)));
        heartbeat(2, 2);
        assertEquals(
                List.of(
                        "started: the process started; the log holds entries up to 0",
                        "role-changed: a message carried a higher term",
                        "role-changed: heard the leader of the term",
                        "rollback: entries 2..4, 3 writes, are not in the log of the leader of term 2",
                        "role-changed: a message carried a higher term",
                        "role-changed: heard the leader of the term",
                        "truncated: entries 2..4 are not those of the leader of term 2",
                        "rollback: index 2 is committed with an entry of term 2, not of term 1: 3 writes lost"),
                told());
        List<Told> told = journal().stream().map(item -> (Told) item).toList();
        assertEquals(2, told.get(3).event().term(), "the term that took them");
        assertEquals("discarded", told.get(7).event().details().get("state"));
        assertEquals(2, told.get(7).event().term());
        assertEquals(3, told.get(7).event().details().get("writes"));
    }

    @Test
    void whatALaterLeaderBringsBackIsNotLost() throws IOException {
        append(2, new Position(1, 1), 1, log(2, 2));
        // A leader of term 3 that never saw term 2 has entries 2 and 3 of term 1, and another fourth.
        append(
                3,
                new Position(1, 1),
                1,
                log(1, 1, put("a", "1", 1), put("b", "22", 2)).from(1));
        append(3, new Position(1, 3), 1, log(4, 3));
        assertEquals(List.of("removed 3", "removed 0"), counted);
        heartbeat(3, 4);
        assertEquals(
                List.of("c 1.4 delete 0 w=2"),
                replica().rollbacks().newest(10).newest().stream()
                        .map(RollbacksTest::told)
                        .toList());
        assertEquals(List.of("removed 3", "removed 0", "restored 2", "discarded 1", "discarded 0"), counted);
    }

    @Test
    void aTailOfTheSameLengthIsAcknowledgedToo() throws IOException {
        append(2, new Position(1, 1), 1, log(2, 2, put("x", "1", 1), put("y", "2", 1)));
        assertEquals(new Position(2, 4), replica().view().last());
        append(3, new Position(1, 1), 1, log(2, 3, put("x", "1", 1), put("y", "2", 1)));
        assertEquals(new Position(3, 4), replica().view().last());
    }

    @Test
    void aDamagedFileIsToldOfAndHidesNoOther() throws IOException {
        append(2, new Position(1, 1), 1, log(2, 2, put("z", "new", 1)));
        append(3, new Position(1, 1), 1, log(2, 3));
        Path file = directory.resolve("replica-1/rollback/2-2-4-1.rb");
        byte[] bytes = Files.readAllBytes(file);
        bytes[60] ^= 1;
        Files.write(file, bytes);
        reopen();
        Rollbacks.Page page = replica().rollbacks().newest(10);
        assertEquals(
                List.of("z 2.3 put 3 w=1"),
                page.newest().stream().map(RollbacksTest::told).toList());
        assertEquals(1, page.unreadable().size());
        assertTrue(page.unreadable().get(0).contains("2-2-4-1.rb"), page.toString());
        assertFalse(page.newest().isEmpty());
    }

    // ---- a follower and what its leader sends ----------------------------------------------------------------------

    private static String told(Rollback write) {
        return write.key() + " " + write.version() + (write.delete() ? " delete " : " put ") + write.valueBytes()
                + " w=" + write.w();
    }

    private List<ClusterEvents.Item> journal() {
        AssertSubscriber<ClusterEvents.Item> reader =
                journal.after(null, OptionalInt.empty()).subscribe().withSubscriber(AssertSubscriber.create(100));
        await().atMost(LONG).until(() -> journal.waiting() == 1);
        reader.cancel();
        return reader.getItems();
    }

    private List<String> told() {
        return journal().stream()
                .map(item -> ((Told) item).event())
                .map(event -> event.type().label() + ": " + event.cause())
                .toList();
    }

    private void append(long term, Position previous, long commitIndex, Records entries) {
        AppendRequest request = new AppendRequest(0, 1, term, ++sequence, previous, commitIndex, entries);
        assertTrue(end(replica().fromPeers().onAppend(envelope(), request)).accepted());
        settle();
    }

    private void heartbeat(long term, long commitIndex) {
        end(replica().fromPeers().onHeartbeat(envelope(), new Heartbeat(0, 1, term, 1, commitIndex, 0, 0)));
        settle();
    }

    /** Two more turns of the loop: what the last step caused is done, and its picture made. */
    private void settle() {
        end(replica().fromPeers().onHello(envelope(), false));
        end(replica().fromPeers().onHello(envelope(), false));
    }

    private Envelope envelope() {
        return new Envelope(
                "quorate",
                SET_ID,
                0,
                1,
                LEADERS_INCARNATION,
                replica().membership().incarnation());
    }

    private static <T> T end(Uni<T> call) {
        UniAssertSubscriber<T> subscriber = call.subscribe().withSubscriber(UniAssertSubscriber.create());
        return subscriber.awaitItem(LONG).getItem();
    }

    private void reopen() throws IOException {
        replica().stop();
        open();
    }

    private void open() throws IOException {
        ReplicaOptions options = new ReplicaOptions(
                "quorate",
                2,
                1,
                directory.resolve("replica-1"),
                WAL,
                Optional.empty(),
                Duration.ofSeconds(60),
                Duration.ofSeconds(10),
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
        Peers nobody = Nobody.peers();
        ReplicaListener listener = new ReplicaListener() {
            @Override
            public void written(int w, String outcome) {}

            @Override
            public void synced(Duration took, int entries) {}

            @Override
            public void damaged() {}

            @Override
            public void stateDiffers() {}

            @Override
            public void rolledBack(State state, int writes) {
                counted.add(state.label() + " " + writes);
            }
        };
        journal = new ClusterEvents();
        Replica opened = Replica.open(options, nobody, listener, journal, reason -> {});
        replica = opened;
        opened.start(false);
    }

    private static ByteBuffer put(String key, String value, int w) {
        return MutationCodec.put(key, value.getBytes(StandardCharsets.UTF_8), null, w, 5);
    }

    private static ByteBuffer delete(String key, int w) {
        return MutationCodec.delete(key, w, 5);
    }

    private Records log(long firstIndex, long term, ByteBuffer... writes) throws IOException {
        return LeadersLog.of(directory.resolve("leader-" + sequence + "-" + firstIndex), firstIndex, term, writes);
    }
}
