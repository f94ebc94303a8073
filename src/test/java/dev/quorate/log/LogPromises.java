package dev.quorate.log;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.WalTest.Expected;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A data directory in use, on a {@link Disk} that may stop, beside a plain list: what it may hold, and what it has
 * promised to hold, since a call returned that says durable.
 */
final class LogPromises {
    static final WalOptions OPTIONS = new WalOptions(1 << 14, SyncPolicy.ALWAYS, Duration.ofMillis(100));

    private static final long NONE = Long.MAX_VALUE;

    private final List<Expected> entries = new ArrayList<>();
    private final Set<String> saved = new HashSet<>();
    private long synced;
    private long truncating = NONE;
    private HardState hardState = HardState.INITIAL;
    private @Nullable HardState voting;
    private byte @Nullable [] identity;
    private byte @Nullable [] naming;
    private long bound;
    private long before;
    private final List<Expected> theirs = new ArrayList<>();
    private @Nullable List<Expected> installing;
    private final Consumer<String> told;
    private int written;

    LogPromises() {
        this(line -> {});
    }

    /** @param told a line for each promise that is made, or about to be: for {@link #hear} in another process */
    LogPromises(Consumer<String> told) {
        this.told = told;
    }

    /** The directory as it is open on one disk. */
    final class Use {
        private final Disk disk;
        private final DataDirectory data;
        private final Wal wal;

        private Use(Disk disk) throws IOException {
            this.disk = disk;
            this.data = DataDirectory.open(new CrashDisk(disk).path());
            try {
                if (data.readIdentity().isEmpty()) {
                    name((byte) 0);
                }
                data.snapshots().removeUnfinished();
                this.wal = openLog(data, new Unconcerned());
            } catch (IOException e) {
                data.close();
                throw e;
            }
        }

        long lastIndex() {
            return wal.lastIndex();
        }

        /** How many files are in use. */
        int segments() {
            return wal.segments();
        }

        /** Until it is there, the steps of the thread that fills it come anywhere between those of a work. */
        void awaitPreparedFile() {
            String filling = "quorate-prepare-" + data.path().getFileName();
            await("a file for the next segment")
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> {
                        try (Stream<Path> files = Files.list(data.path())) {
                            return files.anyMatch(file ->
                                            file.getFileName().toString().startsWith("prepared-"))
                                    && Thread.getAllStackTraces().keySet().stream()
                                            .noneMatch(
                                                    thread -> thread.getName().equals(filling));
                        }
                    });
        }

        void name(byte... id) throws IOException {
            note("naming", Arrays.toString(id));
            data.writeIdentityAndSync(id);
            if (!disk.isStopped()) {
                note("named", "");
            }
        }

        void vote() throws IOException {
            HardState state = new HardState(hardState.term() + 1, (int) (hardState.term() % 3));
            note("voting", state.term() + " " + state.votedFor());
            data.saveAndSync(state);
            if (!disk.isStopped()) {
                note("voted", "");
            }
        }

        void append(int count, int size) throws IOException {
            for (int i = 0; i < count; i++) {
                String text = ++written + "x".repeat(size);
                note("entry", hardState.term() + " " + text);
                wal.append(hardState.term(), EntryKind.MUTATION, WalTest.payload(text));
            }
        }

        void requestSync() {
            wal.requestSync();
        }

        void sync() throws IOException {
            do {
                wal.requestSync();
                LockSupport.parkNanos(10_000);
                look();
                if (synced < wal.lastIndex() && disk.isStopped()) {
                    throw new Disk.OffException();
                }
            } while (synced < wal.lastIndex());
        }

        /** What was synced without being waited for: told is promised, whether the disk has stopped since or not. */
        void look() {
            long seen = wal.syncedIndex();
            if (seen > synced) {
                note("synced", seen);
            }
        }

        /** As {@code replica} does: what goes is saved first. Never below the bound. */
        void truncateFrom(long index) throws IOException {
            if (index <= bound || index > wal.lastIndex()) {
                return;
            }
            Path file = data.rollbacks().save(wal.batch(index, Integer.MAX_VALUE), hardState.term(), 1);
            if (!disk.isStopped()) {
                note("saved", String.valueOf(file.getFileName()));
            }
            note("truncating", index);
            wal.truncateFrom(index, 0);
            if (!disk.isStopped()) {
                note("truncated", "");
            }
        }

        void commit() throws IOException {
            note("bound", Math.max(bound, wal.durableIndex()));
            data.writeCommitBound(bound);
        }

        /** As {@code replica} does: the snapshot first, and of the log what the one before it needs. */
        void compact() throws IOException {
            if (bound <= wal.snapshot().index()) {
                return;
            }
            SnapshotHeader header =
                    new SnapshotHeader(new Position(wal.termAt(bound), bound), 0, wal.termStarts(bound));
            List<SnapshotFile> kept = new ArrayList<>(List.of(writeSnapshot(header, entries)));
            data.snapshots().newestWhole(damaged -> {}).ifPresent(kept::add);
            wal.snapshotTaken(header.position());
            data.snapshots().keepOnly(data.snapshots().newestFirst(), kept);
            DroppedSegments dropped = wal.dropUpTo(before);
            dropped.delete();
            note("before", bound);
        }

        /** A leader's snapshot takes the place of the log: it goes on in another way above the bound. */
        void install(int more) throws IOException {
            List<Expected> others = new ArrayList<>(entries.subList(0, (int) bound));
            List<Position> starts = new ArrayList<>(wal.termStarts(bound));
            long term = hardState.term() + 1;
            vote();
            starts.add(new Position(term, bound + 1));
            for (int i = 0; i < more; i++) {
                others.add(new Expected(term, ++written + " of the leader"));
            }
            others.forEach(entry -> note("theirs", entry.term() + " " + entry.text()));
            note("installing", "");
            SnapshotHeader header = new SnapshotHeader(new Position(term, others.size()), 0, starts);
            SnapshotFile file = writeSnapshot(header, others);
            DroppedSegments dropped = wal.restartAfter(header);
            if (!disk.isStopped()) {
                note("installed", "");
            }
            dropped.delete();
            data.snapshots().keepOnly(data.snapshots().newestFirst(), List.of(file));
        }

        private SnapshotFile writeSnapshot(SnapshotHeader header, List<Expected> state) throws IOException {
            try (SnapshotWriter writer = data.snapshots().begin(header)) {
                List<String> lines = state.stream()
                        .limit(header.position().index())
                        .map(entry -> entry.term() + " " + entry.text())
                        .toList();
                int half = lines.size() / 2;
                writer.block(WalTest.payload(String.join("\n", lines.subList(0, half)) + "\n"));
                writer.block(WalTest.payload(String.join("\n", lines.subList(half, lines.size()))));
                return writer.finish();
            }
        }

        void close() throws IOException {
            try {
                wal.close();
            } finally {
                data.close();
            }
            if (!disk.isStopped()) {
                note("synced", wal.lastIndex());
            }
        }

        /** The process is gone; its threads are to go too. */
        void abandon() throws IOException {
            try {
                close();
            } catch (IOException e) {
                assertTrue(disk.isStopped(), e.toString());
            } finally {
                disk.close();
            }
        }
    }

    /** Opens it; what it must hold is not looked at. */
    Use open(Disk disk) throws IOException {
        return new Use(disk);
    }

    private void note(String what, Object value) {
        String line = what + " " + value;
        told.accept(line);
        hear(line);
    }

    /** Takes note of a promise that was made. */
    void hear(String line) {
        String value = line.substring(line.indexOf(' ') + 1);
        switch (line.substring(0, line.indexOf(' '))) {
            case "naming" -> naming = bytes(value);
            case "named" -> {
                identity = naming;
                naming = null;
            }
            case "voting" -> {
                String[] parts = value.split(" ", -1);
                voting = new HardState(Long.parseLong(parts[0]), Integer.parseInt(parts[1]));
            }
            case "voted" -> {
                hardState = Objects.requireNonNull(voting);
                voting = null;
            }
            case "entry" -> entries.add(entry(value));
            case "synced" -> synced = Long.parseLong(value);
            case "saved" -> saved.add(value);
            case "truncating" -> truncating = Long.parseLong(value);
            case "truncated" -> {
                cut(truncating - 1);
                synced = truncating - 1;
                truncating = NONE;
            }
            case "bound" -> bound = Long.parseLong(value);
            case "before" -> before = Long.parseLong(value);
            case "theirs" -> theirs.add(entry(value));
            case "installing" -> {
                installing = List.copyOf(theirs);
                theirs.clear();
            }
            case "installed" -> installed();
            default -> throw new IllegalArgumentException(line);
        }
    }

    private static byte[] bytes(String list) {
        String[] parts = list.substring(1, list.length() - 1).split(", ", -1);
        byte[] bytes = new byte[parts.length];
        for (int i = 0; i < parts.length; i++) {
            bytes[i] = Byte.parseByte(parts[i]);
        }
        return bytes;
    }

    private void installed() {
        if (installing != null) {
            entries.clear();
            entries.addAll(installing);
            synced = entries.size();
            bound = synced;
            before = synced;
            truncating = NONE;
            installing = null;
        }
    }

    /** As {@code replica} does: a log that lacks the end of the newest snapshot begins anew behind it. */
    private static Wal openLog(DataDirectory data, SyncListener listener) throws IOException {
        SnapshotHeader newest = data.snapshots()
                .newestWhole(damaged -> {})
                .map(SnapshotFile::header)
                .orElse(null);
        Wal wal = Wal.open(data, OPTIONS, listener, newest);
        if (newest != null && !wal.holds(newest.position())) {
            wal.restartAfter(newest).delete();
        }
        return wal;
    }

    private void cut(long lastIndex) {
        entries.subList((int) lastIndex, entries.size()).clear();
    }

    /**
     * Opens what a stopped disk left, holds it to what was promised, and sees that it goes on from there.
     *
     * @param when for the message of a failure
     */
    void check(Path left, String when) throws IOException {
        try (DataDirectory data = DataDirectory.open(left)) {
            checkSmallFiles(data, when);
            data.snapshots().removeUnfinished();
            try (Wal wal = openLog(data, WalTest.DEAF)) {
                checkEntries(data, wal, when);
            }
            for (String file : saved) {
                data.rollbacks().read(left.resolve("rollback").resolve(file));
            }
        } catch (IOException e) {
            throw new AssertionError(when + ": " + e.getMessage(), e);
        }
    }

    private void checkSmallFiles(DataDirectory data, String when) throws IOException {
        byte[] foundIdentity = data.readIdentity().orElse(null);
        if (naming == null
                || foundIdentity == null
                || ByteBuffer.wrap(foundIdentity).compareTo(ByteBuffer.wrap(naming)) != 0) {
            assertArrayEquals(identity, foundIdentity, when + ": identity");
        }
        identity = foundIdentity;
        naming = null;
        HardState found = data.readHardState();
        if (!found.equals(voting)) {
            assertEquals(hardState, found, when);
        }
        hardState = found;
        voting = null;
    }

    private void checkEntries(DataDirectory data, Wal wal, String when) throws IOException {
        List<Expected> found = new ArrayList<>();
        SnapshotFile snapshot = data.snapshots().newestWhole(damaged -> {}).orElse(null);
        if (snapshot != null) {
            snapshot.forEachBlock(block ->
                    text(block).lines().filter(line -> !line.isEmpty()).forEach(line -> found.add(entry(line))));
            assertEquals(snapshot.index(), found.size(), when);
        }
        if (installing != null && wal.lastIndex() == installing.size() && found.equals(installing)) {
            installed();
        }
        installing = null;
        wal.replay(wal.firstIndex(), (index, term, kind, bytes) -> {
            Expected entry = new Expected(term, text(bytes));
            if (index <= found.size()) {
                assertEquals(found.get((int) index - 1), entry, when + ": entry " + index);
            } else {
                found.add(entry);
            }
        });
        int last = found.size();
        assertEquals(wal.lastIndex(), last, when);
        assertTrue(last >= Math.min(synced, truncating - 1), when + ": synced " + synced + ", found " + last);
        assertTrue(last <= entries.size(), when + ": wrote " + entries.size() + ", found " + last);
        assertEquals(entries.subList(0, last), found, when);
        cut(last);
        synced = last;
        truncating = NONE;
        assertTrue(
                wal.firstIndex() <= before + 1, when + ": begins with " + wal.firstIndex() + ", kept from " + before);
        before = Math.min(before, wal.snapshot().index());
        for (int i = 1; i <= last; i++) {
            assertEquals(entries.get(i - 1).term(), wal.termAt(i), when + ": term of " + i);
        }
    }

    private static Expected entry(String text) {
        int space = text.indexOf(' ');
        return new Expected(Long.parseLong(text.substring(0, space)), text.substring(space + 1));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    private static final class Unconcerned implements SyncListener {
        @Override
        public void synced(long index) {}

        @Override
        public void forced(Duration took, long entries) {}

        @Override
        public void syncFailed(IOException cause, Path file) {}
    }
}
