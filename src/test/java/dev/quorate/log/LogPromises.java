package dev.quorate.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.log.WalTest.Expected;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
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
    private int written;

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
                this.wal = Wal.open(data, OPTIONS, new Unconcerned());
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

        void name(byte... id) throws IOException {
            naming = id;
            data.writeIdentityAndSync(id);
            if (!disk.isStopped()) {
                identity = id;
                naming = null;
            }
        }

        void vote() throws IOException {
            HardState state = new HardState(hardState.term() + 1, (int) (hardState.term() % 3));
            voting = state;
            data.saveAndSync(state);
            if (!disk.isStopped()) {
                hardState = state;
                voting = null;
            }
        }

        void append(int count, int size) throws IOException {
            for (int i = 0; i < count; i++) {
                String text = ++written + "x".repeat(size);
                entries.add(new Expected(hardState.term(), text));
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
                if (disk.isStopped()) {
                    throw new Disk.OffException();
                }
            } while (wal.syncedIndex() < wal.lastIndex());
            synced = wal.lastIndex();
        }

        /** What was synced meanwhile without being waited for. */
        void look() {
            long seen = wal.syncedIndex();
            if (!disk.isStopped()) {
                synced = Math.max(synced, seen);
            }
        }

        /** As {@code replica} does: what goes is saved first. Never below the bound. */
        void truncateFrom(long index) throws IOException {
            if (index <= bound || index > wal.lastIndex()) {
                return;
            }
            Path file = data.rollbacks().save(wal.batch(index, Integer.MAX_VALUE), hardState.term(), 1);
            if (!disk.isStopped()) {
                saved.add(String.valueOf(file.getFileName()));
            }
            truncating = index;
            wal.truncateFrom(index, 0);
            if (!disk.isStopped()) {
                cut(index - 1);
                synced = index - 1;
                truncating = NONE;
            }
        }

        void commit() throws IOException {
            bound = Math.max(bound, wal.durableIndex());
            data.writeCommitBound(bound);
        }

        void close() throws IOException {
            try {
                wal.close();
            } finally {
                data.close();
            }
            if (!disk.isStopped()) {
                synced = wal.lastIndex();
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
            try (Wal wal = Wal.open(data, OPTIONS, WalTest.DEAF)) {
                checkEntries(wal, when);
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

    private void checkEntries(Wal wal, String when) throws IOException {
        List<Expected> found = WalTest.contents(wal);
        int last = found.size();
        assertTrue(last >= Math.min(synced, truncating - 1), when + ": synced " + synced + ", found " + last);
        assertTrue(last <= entries.size(), when + ": wrote " + entries.size() + ", found " + last);
        assertEquals(entries.subList(0, last), found, when);
        cut(last);
        synced = last;
        truncating = NONE;
        for (int i = 1; i <= last; i++) {
            assertEquals(entries.get(i - 1).term(), wal.termAt(i), when + ": term of " + i);
        }
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
