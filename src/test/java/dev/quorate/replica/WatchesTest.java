package dev.quorate.replica;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.Wal;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.Position;
import dev.quorate.store.MalformedMutationException;
import dev.quorate.store.MutationCodec;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What a watcher is told is the log: each committed change once, in order, whatever happens to the log and to the stream. */
@Execution(ExecutionMode.CONCURRENT)
class WatchesTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration NEVER = Duration.ofHours(1);
    private static final long MUCH = 1 << 20;
    private static final int THREADS = 2;

    @TempDir
    Path directory;

    private final ScheduledExecutorService executor = Executors.newScheduledThreadPool(THREADS);

    @SuppressWarnings("NullAway.Init") // by start
    private DataDirectory data;

    @SuppressWarnings("NullAway.Init")
    private Wal wal;

    @SuppressWarnings("NullAway.Init")
    private Loop loop;

    @SuppressWarnings("NullAway.Init")
    private Watches watches;

    private volatile long commitIndex;
    private long mostInHands = MUCH;
    private long term = 1;

    @BeforeEach
    void starts() throws Exception {
        start(MUCH, NEVER);
    }

    @AfterEach
    void ends() throws Exception {
        stop();
        executor.shutdown();
    }

    private void start(long keptBytes, Duration idle) throws IOException {
        data = DataDirectory.open(directory);
        wal = Wal.open(data, LeadersLog.WAL, LeadersLog.DEAF);
        Wal log = wal;
        loop = new Loop("quorate-test-watches", () -> watches.look(commitIndex), failure -> {});
        watches = new Watches(0, log, loop, executor, idle, keptBytes, mostInHands);
        loop.start();
    }

    private void stop() throws Exception {
        onLoop(() -> {
            watches.abandon("the test ends");
            loop.stop();
            return true;
        });
        loop.join();
        wal.close();
        data.close();
    }

    private void restart(long keptBytes, Duration idle) throws Exception {
        stop();
        start(keptBytes, idle);
    }

    // ---- one stream ------------------------------------------------------------------------------------------------

    @Test
    void onlyWhatIsCommittedIsTold() throws Exception {
        append("a", "b");
        AssertSubscriber<WatchItem> watcher = watch("", Position.NONE, Long.MAX_VALUE);
        commit(1);
        told(watcher, "a 1.1");
        append("c");
        commit(3);
        told(watcher, "a 1.1", "b 1.2", "c 1.3");
    }

    /** A stream that is cut within an entry goes on with the whole entry. */
    @Test
    void theLastChangeOfAnEntryThatIsToldHasItsPosition() throws Exception {
        appendTogether("a1", "b1", "-a2", "b2");
        commit(1);
        AssertSubscriber<WatchItem> watcher = watch("a", Position.NONE, Long.MAX_VALUE);
        told(watcher, "a1 1.1", "-a2 1.1");
        assertNull(((WatchItem.Told) watcher.getItems().get(1)).position());
        assertEquals(new Position(1, 1), ((WatchItem.Told) watcher.getItems().get(2)).position());
    }

    @Test
    void whatHasExpiredIsToldSo() throws Exception {
        append("a");
        ByteBuffer expiry =
                new MutationCodec.Builder(1, 5).expire("a", new Position(1, 1)).build();
        onLoop(() -> wal.append(term, EntryKind.MUTATION, expiry));
        commit(2);
        AssertSubscriber<WatchItem> watcher = watch("", Position.NONE, Long.MAX_VALUE);
        told(watcher, "a 1.1", "-a 1.2");
        assertTrue(((WatchItem.Told) watcher.getItems().get(2)).change().isExpired());
    }

    @Test
    void otherKeysAreNotTold() throws Exception {
        append("a1", "b1", "a2", "-a1", "-b1");
        commit(5);
        AssertSubscriber<WatchItem> watcher = watch("a", new Position(1, 1), Long.MAX_VALUE);
        told(watcher, "a2 1.3", "-a1 1.4");
    }

    @Test
    void whoIsToldNothingIsToldWhereItIs() throws Exception {
        restart(MUCH, Duration.ofMillis(100));
        append("a");
        commit(1);
        AssertSubscriber<WatchItem> watcher = watch("x", Position.NONE, Long.MAX_VALUE);
        await().atMost(LONG).until(() -> {
            onLoop(() -> {
                watches.tick(System.nanoTime());
                return true;
            });
            return watcher.getItems().contains(new WatchItem.At(new Position(1, 1)));
        });
        assertEquals(new WatchItem.At(Position.NONE), watcher.getItems().get(0), "at once, where it begins");
    }

    /** Told together, and each once: a reader who goes on from any id within it is told the rest. */
    @Test
    void whatCameMeanwhileIsToldAtOnce() throws Exception {
        append("a");
        commit(1);
        AssertSubscriber<List<WatchItem>> watcher = onLoop(() -> watches.open("", Position.NONE, 100))
                .subscribe()
                .withSubscriber(AssertSubscriber.create(2));
        await().atMost(LONG).until(() -> watcher.getItems().size() == 2);
        List<String> expected = new ArrayList<>();
        for (int i = 2; i < 40; i++) {
            append("k" + i);
            commit(i);
            expected.add("k" + i + " 1." + i);
        }
        watcher.request(1);
        await().atMost(LONG).until(() -> watcher.getItems().size() == 3);
        List<String> atOnce = changes(watcher.getItems().get(2));
        assertTrue(atOnce.size() > 1, atOnce::toString);
        assertEquals(expected.subList(0, atOnce.size()), atOnce);
    }

    /** A turn tells only some. */
    @Test
    void eachOfManyIsTold() throws Exception {
        List<AssertSubscriber<WatchItem>> watchers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            watchers.add(watch("", Position.NONE, Long.MAX_VALUE));
        }
        append("a");
        commit(1);
        for (AssertSubscriber<WatchItem> watcher : watchers) {
            told(watcher, "a 1.1");
        }
    }

    /** What a snapshot holds alone cannot be told change by change. */
    @Test
    void whoAsksForWhatTheLogNoLongerHasIsToldWhatCanBeHad() throws Exception {
        Position first = compacted();
        ReplicaException.Compacted refusal = assertThrows(
                ReplicaException.Compacted.class, () -> cause(() -> watch("", new Position(1, first.index() - 1), 1)));
        assertEquals(first, refusal.first());
        told(watch("last", first, Long.MAX_VALUE), "last 1." + commitIndex);
    }

    @Test
    void whoseNextChangeLeavesTheLogWhileItReadsIsToldWhereToGoOn() throws Exception {
        append("a");
        commit(1);
        AssertSubscriber<WatchItem> slow = watch("", Position.NONE, 1);
        await().until(() -> !slow.getItems().isEmpty());
        Position first = compacted();
        slow.request(1);
        WatchItem.End end =
                assertInstanceOf(WatchItem.End.class, slow.awaitCompletion(LONG).getLastItem());
        assertEquals(WatchItem.Reason.COMPACTED, end.reason());
        assertEquals(first, end.resume());
    }

    @Test
    void whoLetsTooMuchPassIsCutOffAndToldWhereToGoOn() throws Exception {
        restart(600, NEVER);
        append("a");
        commit(1);
        AssertSubscriber<WatchItem> watcher = watch("", Position.NONE, 2);
        told(watcher, "a 1.1");
        watcher.request(1);
        append("b");
        commit(2);
        told(watcher, "a 1.1", "b 1.2");
        for (int i = 3; i < 40; i++) {
            append("much");
            commit(i);
        }
        watcher.request(1);
        WatchItem.End end = assertInstanceOf(
                WatchItem.End.class, watcher.awaitCompletion(LONG).getLastItem());
        assertEquals(WatchItem.Reason.TOO_SLOW, end.reason());
        assertEquals(new Position(1, 2), end.resume());
        AssertSubscriber<WatchItem> again = watch("", end.resume(), Long.MAX_VALUE);
        await().atMost(LONG).until(() -> changes(again).size() == 37);
    }

    /** Who comes from behind enters what is kept at its old end, which goes on while it waits for its turn. */
    @Test
    void whoHasNotCaughtUpYetIsNotTooSlow() throws Exception {
        restart(600, NEVER);
        append("k1");
        commit(1);
        AssertSubscriber<WatchItem> keepsThePieces = watch("", Position.NONE, 2);
        told(keepsThePieces, "k1 1.1");
        for (int i = 2; i <= 20; i++) {
            append("k" + i);
            commit(i);
        }
        AssertSubscriber<WatchItem> watcher = watch("", new Position(1, 19), 1);
        await().until(() -> !watcher.getItems().isEmpty());
        CountDownLatch busy = new CountDownLatch(1);
        for (int thread = 0; thread < THREADS; thread++) {
            executor.execute(() -> assertDoesNotThrow(() -> busy.await()));
        }
        watcher.request(Long.MAX_VALUE);
        List<String> expected = new ArrayList<>(List.of("k20 1.20"));
        for (int i = 21; i <= 60; i++) {
            append("k" + i);
            commit(i);
            expected.add("k" + i + " 1." + i);
        }
        busy.countDown();
        told(watcher, expected.toArray(String[]::new));
    }

    /** Each would have a copy of what it lacks, and many of them would fill the memory. */
    @Test
    void whoComesFromBehindWaitsWhileOthersHaveTheirHandsFull() throws Exception {
        mostInHands = 100;
        restart(MUCH, NEVER);
        append("a", "b", "c");
        commit(3);
        AssertSubscriber<WatchItem> full = watch("", Position.NONE, 2);
        told(full, "a 1.1");
        AssertSubscriber<WatchItem> next = watch("", Position.NONE, 2);
        AssertSubscriber<WatchItem> last = watch("", Position.NONE, Long.MAX_VALUE);
        for (int i = 0; i < 100; i++) {
            onLoop(() -> commitIndex);
        }
        assertEquals(List.of(), changes(next));
        assertEquals(List.of(), changes(last));
        full.cancel();
        await().atMost(LONG).until(() -> changes(next).size() + changes(last).size() > 0);
        next.cancel();
        told(last, "a 1.1", "b 1.2", "c 1.3");
        append("d");
        commit(4);
        told(last, "a 1.1", "b 1.2", "c 1.3", "d 1.4");
    }

    /** It would else be silent for ever, and counted. */
    @Test
    void whoseNextEntryCannotBeReadIsToldThatTheWatchFailed() throws Exception {
        List<AssertSubscriber<WatchItem>> waiting =
                List.of(watch("", Position.NONE, Long.MAX_VALUE), watch("a", Position.NONE, Long.MAX_VALUE));
        append("a");
        commit(1);
        for (AssertSubscriber<WatchItem> watcher : waiting) {
            told(watcher, "a 1.1");
        }
        onLoop(() -> wal.append(term, EntryKind.MUTATION, ByteBuffer.allocate(40)));
        commit(2);
        for (AssertSubscriber<WatchItem> watcher : waiting) {
            watcher.awaitFailure(failure -> assertInstanceOf(MalformedMutationException.class, failure), LONG);
        }
        AssertSubscriber<WatchItem> fromBehind = watch("", Position.NONE, Long.MAX_VALUE);
        fromBehind.awaitFailure(failure -> assertInstanceOf(MalformedMutationException.class, failure), LONG);
        assertEquals(0, watches.watchers());
        append("b");
        commit(3);
        told(watch("", new Position(1, 2), Long.MAX_VALUE), "b 1.3");
    }

    @Test
    void thereAreOnlySoMany() throws Exception {
        AssertSubscriber<WatchItem> first = watch("", Position.NONE, Long.MAX_VALUE);
        onLoop(() -> assertThrows(ReplicaException.TooManyWatchers.class, () -> watches.open("", Position.NONE, 1)));
        first.cancel();
        List<Multi<List<WatchItem>>> both =
                onLoop(() -> List.of(watches.open("", Position.NONE, 1), watches.open("", Position.NONE, 1)));
        both.get(0).subscribe().withSubscriber(AssertSubscriber.create(1));
        both.get(1)
                .subscribe()
                .withSubscriber(AssertSubscriber.create(1))
                .assertFailedWith(ReplicaException.TooManyWatchers.class);
        assertEquals(1, watches.watchers());
    }

    @Test
    void whenTheReplicaStopsEachIsToldWhereToGoOn() throws Exception {
        append("a");
        commit(1);
        AssertSubscriber<WatchItem> watcher = watch("", Position.NONE, Long.MAX_VALUE);
        told(watcher, "a 1.1");
        watches.end("the process is stopping");
        watcher.awaitCompletion(LONG);
        assertEquals(
                new WatchItem.End(WatchItem.Reason.STOPPED, "the process is stopping", new Position(1, 1)),
                watcher.getLastItem());
    }

    @Test
    void whatIsCopiedForThemGoesWithTheLast() throws Exception {
        AssertSubscriber<WatchItem> watcher = watch("", Position.NONE, Long.MAX_VALUE);
        append("a");
        commit(1);
        told(watcher, "a 1.1");
        watcher.cancel();
        append("b");
        commit(2);
        AssertSubscriber<WatchItem> next = watch("", new Position(1, 1), Long.MAX_VALUE);
        told(next, "b 1.2");
    }

    // ---- any history -----------------------------------------------------------------------------------------------

    /** A stream, and what it has to be. */
    private record Stream(String prefix, Position from, AssertSubscriber<WatchItem> reader) {}

    @Test
    void aWatchIsTheLog() throws Exception {
        for (long seed = 1; seed <= 12; seed++) {
            play(new Random(seed), "seed " + seed);
            restart(MUCH, NEVER);
            onLoop(() -> {
                if (wal.lastIndex() > 0) {
                    wal.truncateFrom(1, 0);
                }
                return true;
            });
            commitIndex = 0;
        }
    }

    private void play(Random random, String told) throws Exception {
        restart(300 + random.nextInt(3_000), NEVER);
        List<Stream> open = new ArrayList<>();
        for (int step = 0; step < 60; step++) {
            switch (random.nextInt(6)) {
                case 0 -> append(keys(random));
                case 1 -> appendTogether(keys(random));
                case 2 -> commit(commitIndex + random.nextInt((int) (wal.lastIndex() - commitIndex) + 1));
                case 3 -> truncate(random);
                case 4 -> open.add(stream(random, position(random.nextInt((int) commitIndex + 1))));
                default -> cut(random, open, told);
            }
            if (random.nextInt(30) == 0) {
                open.forEach(stream -> check(stream, told));
                open.clear();
                restart(300 + random.nextInt(3_000), NEVER);
            }
        }
        commit(wal.lastIndex());
        for (Stream stream : open) {
            finish(stream, told);
        }
    }

    private Stream stream(Random random, Position from) throws Exception {
        String prefix = random.nextBoolean() ? "" : String.valueOf((char) ('a' + random.nextInt(3)));
        return new Stream(prefix, from, watch(prefix, from, random.nextInt(3) == 0 ? 3 : Long.MAX_VALUE));
    }

    /** A connection breaks; its reader goes on from the last id that it got. */
    private void cut(Random random, List<Stream> open, String told) throws Exception {
        if (open.isEmpty()) {
            return;
        }
        Stream stream = open.remove(random.nextInt(open.size()));
        stream.reader.cancel();
        check(stream, told);
        open.add(new Stream(stream.prefix, resume(stream), watch(stream.prefix, resume(stream), Long.MAX_VALUE)));
    }

    private static Position resume(Stream stream) {
        Position last = stream.from;
        for (WatchItem item : List.copyOf(stream.reader.getItems())) {
            if (item instanceof WatchItem.At at) {
                last = at.position();
            } else if (item instanceof WatchItem.Told change && change.position() != null) {
                last = change.position();
            } else if (item instanceof WatchItem.End end) {
                last = end.resume();
            }
        }
        return last;
    }

    private void finish(Stream stream, String told) throws Exception {
        stream.reader.request(Long.MAX_VALUE);
        await().atMost(LONG)
                .alias(told)
                .until(() -> stream.reader.hasCompleted()
                        || changes(stream.reader).size() >= expected(stream).size());
        check(stream, told);
        if (stream.reader.hasCompleted()) {
            finish(new Stream(stream.prefix, resume(stream), watch(stream.prefix, resume(stream), 5)), told);
        }
    }

    private void check(Stream stream, String told) {
        List<String> changes = changes(stream.reader);
        List<String> expected = expected(stream);
        assertTrue(changes.size() <= expected.size(), () -> told + ": " + changes + " for " + expected);
        assertEquals(expected.subList(0, changes.size()), changes, told);
    }

    private List<String> expected(Stream stream) {
        List<String> expected = new ArrayList<>();
        wal.replay(1, (index, ofTerm, kind, payload) -> {
            if (index > stream.from.index() && index <= commitIndex && kind == EntryKind.MUTATION) {
                for (MutationCodec.Change change : MutationCodec.changes(payload)) {
                    if (change.key().startsWith(stream.prefix)) {
                        expected.add((change.delete() ? "-" : "") + change.key() + " " + ofTerm + "." + index);
                    }
                }
            }
        });
        return expected;
    }

    // ---- the log ---------------------------------------------------------------------------------------------------

    private static String[] keys(Random random) {
        String[] keys = new String[1 + random.nextInt(4)];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = (random.nextInt(4) == 0 ? "-" : "") + (char) ('a' + random.nextInt(3)) + random.nextInt(5);
        }
        return keys;
    }

    /** Each key an entry; one with a minus is removed. */
    private void append(String... keys) throws Exception {
        onLoop(() -> {
            for (String key : keys) {
                ByteBuffer mutation = key.startsWith("-")
                        ? MutationCodec.delete(key.substring(1), 1, 5)
                        : MutationCodec.put(key, new byte[20], null, 1, 5);
                wal.append(term, EntryKind.MUTATION, mutation);
            }
            return true;
        });
    }

    /** All keys in one entry. */
    private void appendTogether(String... keys) throws Exception {
        MutationCodec.Builder entry = new MutationCodec.Builder(1, 5);
        for (String key : keys) {
            if (key.startsWith("-")) {
                entry.delete(key.substring(1));
            } else {
                entry.put(key, new byte[20], null, 0);
            }
        }
        onLoop(() -> wal.append(term, EntryKind.MUTATION, entry.build()));
    }

    private void truncate(Random random) throws Exception {
        onLoop(() -> {
            long first = commitIndex + 1 + random.nextInt(3);
            if (first <= wal.lastIndex()) {
                wal.truncateFrom(first, 0);
            }
            term++;
            wal.append(term, EntryKind.NO_OP, ByteBuffer.allocate(0));
            return true;
        });
    }

    private void commit(long index) throws Exception {
        onLoop(() -> commitIndex = index);
    }

    /** Several segments go, a snapshot having what is in them; returns the position of the last entry that is gone. */
    private Position compacted() throws Exception {
        String[] keys = new String[2_000];
        Arrays.fill(keys, "filler");
        keys[keys.length - 1] = "last";
        append(keys);
        await().atMost(LONG)
                .until(() -> onLoop(() -> {
                    wal.requestSync();
                    return wal.durableIndex() == wal.lastIndex();
                }));
        commit(wal.lastIndex());
        return onLoop(() -> {
            wal.snapshotTaken(position(commitIndex));
            wal.dropUpTo(commitIndex).delete();
            assertTrue(wal.firstIndex() > 2, "the log was cut");
            return position(wal.firstIndex() - 1);
        });
    }

    private Position position(long index) {
        return new Position(wal.termAt(index), index);
    }

    private AssertSubscriber<WatchItem> watch(String prefix, Position from, long requests) throws Exception {
        return onLoop(() -> watches.open(prefix, from, 100))
                .onItem()
                .<WatchItem>disjoint()
                .subscribe()
                .withSubscriber(AssertSubscriber.create(requests));
    }

    private void told(AssertSubscriber<WatchItem> watcher, String... changes) {
        await().atMost(LONG).until(() -> changes(watcher), List.of(changes)::equals);
    }

    private static List<String> changes(AssertSubscriber<WatchItem> reader) {
        return changes(List.copyOf(reader.getItems()));
    }

    private static List<String> changes(List<WatchItem> items) {
        List<String> changes = new ArrayList<>();
        for (WatchItem item : items) {
            if (item instanceof WatchItem.Told told) {
                String removed = told.change().value() == null ? "-" : "";
                changes.add(removed + told.change().key() + " " + told.change().version());
            }
        }
        return changes;
    }

    /** What the loop threw, as it threw it. */
    private static void cause(Callable<?> call) throws Exception {
        try {
            Object unused = call.call();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception thrown ? thrown : e;
        }
    }

    private <T> T onLoop(Callable<T> work) throws Exception {
        CompletableFuture<T> done = new CompletableFuture<>();
        loop.offer(() -> {
            try {
                done.complete(work.call());
            } catch (IOException e) {
                done.completeExceptionally(new UncheckedIOException(e));
            } catch (Exception e) {
                done.completeExceptionally(e);
            }
        });
        return done.get();
    }
}
