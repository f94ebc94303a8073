package dev.quorate.log;

import dev.quorate.protocol.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One replica's directory: its lock, and the small files beside the log. Used by one thread.
 *
 * <pre>
 *   identity      0 "QUORID01" | 8 length (4) | 12 CRC32C of the payload (4) | 16 payload
 *   hard-state    two slots of 4096, alike but while one is written:
 *                 0 "QUORHS01" | 8 number | 16 term | 24 voted for (4) | 28 CRC32C of 0..28 (4); the larger number counts
 *   commit-bound  0 index (8) | 8 CRC32C of 0..8 (4)
 *   newest        two slots of 4096: 0 sequence of the newest segment (8) | 8 CRC32C of 0..8 (4); the larger counts
 *   recover       the election mode asked for, in ASCII; there until the next start has done it
 *   rollback/     entries that left the log: {@link RollbackFiles}
 *   quarantine/   what was set aside because it was damaged: {@link QuarantineFiles}
 *   snapshot-*    the state at an index: {@link SnapshotFiles}
 * </pre>
 */
public final class DataDirectory implements AutoCloseable {
    private static final long IDENTITY_MAGIC = 0x51554f5249443031L;
    private static final long HARD_STATE_MAGIC = 0x51554f5248533031L;
    static final int SLOT_BYTES = 4096;
    private static final int HARD_STATE_BYTES = 32;
    private static final int AT_HARD_STATE_CRC = 28;
    static final int NUMBER_BYTES = 12;
    private static final long DAMAGED = -1;

    /**
     * Lock files that were found locked by this process. Closing any channel of a file drops the locks that the process
     * has on it (POSIX), so these stay open, and are the ones tried next.
     */
    private static final Map<Path, FileChannel> REFUSED = new HashMap<>();

    private final Path path;
    private final FileChannel lockFile;
    private final QuarantineFiles quarantine;
    private FileChannel hardState;
    private FileChannel commitBound;

    private DataDirectory(Path path, FileChannel lockFile, FileChannel hardState, FileChannel commitBound) {
        this.path = path;
        this.lockFile = lockFile;
        this.quarantine = new QuarantineFiles(path);
        this.hardState = hardState;
        this.commitBound = commitBound;
    }

    /**
     * Opens the directory, making it where it is missing, and locks it until {@link #close}.
     *
     * @throws IOException if another process, or another replica of this one, has it, or it cannot be used
     */
    public static DataDirectory open(Path path) throws IOException {
        createAndSync(path);
        FileChannel lock = lock(path);
        @Nullable FileChannel hardState = null;
        @Nullable FileChannel commit = null;
        try {
            hardState = openHardState(path, !Files.exists(path.resolve("identity")));
            commit = openCommitBound(path);
            // A process that was killed may have renamed or written what is read now and was never synced.
            DurableFiles.syncDirectory(path);
            hardState.force(false);
            DataDirectory opened = new DataDirectory(path, lock, hardState, commit);
            opened.healHardState();
            return opened;
        } catch (IOException e) {
            if (hardState != null) {
                hardState.close();
            }
            if (commit != null) {
                commit.close();
            }
            lock.close();
            throw e;
        }
    }

    /** A directory whose name is not durable loses all that was synced in it. */
    private static void createAndSync(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return;
        }
        Path parent = DurableFiles.parent(path);
        createAndSync(parent);
        Files.createDirectories(path);
        DurableFiles.syncDirectory(parent);
    }

    private static FileChannel lock(Path path) throws IOException {
        synchronized (REFUSED) {
            Path file = path.toRealPath().resolve("lock");
            FileChannel refused = REFUSED.remove(file);
            FileChannel lock = refused != null
                    ? refused
                    : FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                if (lock.tryLock() != null) {
                    return lock;
                }
                lock.close();
            } catch (OverlappingFileLockException e) {
                REFUSED.put(file, lock);
            } catch (IOException e) {
                lock.close();
                throw e;
            }
        }
        throw new IOException("data directory " + path + " is in use by another process; stop it, or give this"
                + " one a quorate.data-dir of its own");
    }

    /** @param initial whether a missing one was never there, or was set aside; else a term must not be forgotten */
    private static FileChannel openHardState(Path path, boolean initial) throws IOException {
        Path file = path.resolve("hard-state");
        if (!Files.exists(file)) {
            ByteBuffer fresh = ByteBuffer.allocate(2 * SLOT_BYTES);
            // Else what is made is not whole.
            if (initial) {
                fresh.put(0, slot(0, HardState.INITIAL), 0, HARD_STATE_BYTES);
                fresh.put(SLOT_BYTES, slot(0, HardState.INITIAL), 0, HARD_STATE_BYTES);
            }
            DurableFiles.replace(file, fresh);
        }
        return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Made with its bytes in it, so that a commit needs no space on a disk that is full by then. */
    private static FileChannel openCommitBound(Path path) throws IOException {
        Path file = path.resolve("commit-bound");
        if (!Files.exists(file)) {
            DurableFiles.replace(file, number(0));
        }
        return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /**
     * What {@link #writeIdentityAndSync} was last given, or nothing in an empty directory.
     *
     * @throws CorruptFileException if the file is damaged, or missing beside a log or a snapshot
     */
    public Optional<byte[]> readIdentity() throws IOException {
        Path file = path.resolve("identity");
        if (!Files.exists(file)) {
            if (hasLog()) {
                throw new CorruptFileException(file, "it is missing, but there is a log or a snapshot");
            }
            return Optional.empty();
        }
        return Optional.of(identityIn(file));
    }

    /** What an identity file holds, its checksum being right. */
    static byte[] identityIn(Path file) throws IOException {
        byte[] bytes = DurableFiles.readAll(file);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        boolean whole = bytes.length >= 16
                && in.getLong(0) == IDENTITY_MAGIC
                && in.getInt(8) == bytes.length - 16
                && in.getInt(12) == DurableFiles.crc(bytes, 16, bytes.length);
        if (!whole) {
            throw new CorruptFileException(file, "its checksum is wrong");
        }
        return Arrays.copyOfRange(bytes, 16, bytes.length);
    }

    /** Whether there is, or was, a log in it, or the snapshot that one was to begin behind. */
    private boolean hasLog() throws IOException {
        return Files.exists(path.resolve("newest"))
                || Files.exists(path.resolve(Segment.name(1)))
                || !snapshots().newestFirst().isEmpty();
    }

    /**
     * Of a directory whose log was begun once.
     *
     * @throws CorruptFileException if nothing says any more which segment is the newest
     */
    public void requireLog() throws IOException {
        Path file = path.resolve("newest");
        if (!Files.exists(file)) {
            throw new CorruptFileException(file, "it is missing");
        }
    }

    /** Returns when the identity is durable. */
    public void writeIdentityAndSync(byte[] identity) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(16 + identity.length);
        out.putLong(IDENTITY_MAGIC).putInt(identity.length);
        out.putInt(DurableFiles.crc(identity, 0, identity.length)).put(identity);
        DurableFiles.replace(path.resolve("identity"), out.flip());
    }

    /**
     * Asks the next start to make this directory the one that a new set is formed around. Returns when that is durable.
     *
     * @param election {@code auto} or {@code none}
     * @throws IOException if there is nothing to recover: the directory is empty
     */
    public void requestRecovery(String election) throws IOException {
        if (readIdentity().isEmpty()) {
            throw new IOException("data directory " + path + " is empty: there is nothing to recover");
        }
        DurableFiles.replace(path.resolve("recover"), ByteBuffer.wrap(election.getBytes(StandardCharsets.US_ASCII)));
    }

    /**
     * The election mode of a recovery that was asked for and is not done.
     *
     * @throws CorruptFileException if the file holds something else
     */
    public Optional<String> recoveryRequest() throws IOException {
        Path file = path.resolve("recover");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        String election = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (!election.equals("auto") && !election.equals("none")) {
            throw new CorruptFileException(file, "it holds no election mode");
        }
        return Optional.of(election);
    }

    /** The recovery is done. Returns when that is durable. */
    public void recoveryDone() throws IOException {
        Files.deleteIfExists(path.resolve("recover"));
        DurableFiles.syncDirectory(path);
    }

    /**
     * The hard state last saved.
     *
     * @throws CorruptFileException if neither slot is whole
     */
    public HardState readHardState() throws IOException {
        return hardStateIn(hardState, newerSlot()).orElseThrow().state();
    }

    /** A slot's content: of the two the one with the larger number counts. */
    record SavedState(long number, HardState state) {}

    /** What one of the two slots holds, or nothing where it is torn or cannot be read. */
    static Optional<SavedState> hardStateIn(FileChannel file, int slot) throws IOException {
        byte[] bytes = read(file, (long) slot * SLOT_BYTES, HARD_STATE_BYTES);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        boolean whole = bytes.length == HARD_STATE_BYTES
                && in.getLong(0) == HARD_STATE_MAGIC
                && in.getInt(AT_HARD_STATE_CRC) == DurableFiles.crc(bytes, 0, AT_HARD_STATE_CRC);
        return whole
                ? Optional.of(new SavedState(in.getLong(8), new HardState(in.getLong(16), in.getInt(24))))
                : Optional.empty();
    }

    private long numberIn(int slot) throws IOException {
        return hardStateIn(hardState, slot).map(SavedState::number).orElse(DAMAGED);
    }

    private int newerSlot() throws IOException {
        long first = numberIn(0);
        long second = numberIn(1);
        if (first == DAMAGED && second == DAMAGED) {
            throw new CorruptFileException(path.resolve("hard-state"), "neither of its two slots is whole");
        }
        return second > first ? 1 : 0;
    }

    /**
     * Returns when term and vote are durable, twice: of one after the other a torn write takes only one, and what decays
     * later has its like beside it. The newer slot is written last, as until then it may be the only whole one.
     */
    public void saveAndSync(HardState state) throws IOException {
        int newer = newerSlot();
        long number = numberIn(newer) + 1;
        writeSlotAndSync(1 - newer, slot(number, state));
        writeSlotAndSync(newer, slot(number, state));
    }

    /** A crash came between the two writes, or one has decayed since. */
    private void healHardState() throws IOException {
        if (numberIn(0) != numberIn(1)) {
            int newer = numberIn(1) > numberIn(0) ? 1 : 0;
            SavedState whole = hardStateIn(hardState, newer).orElseThrow();
            writeSlotAndSync(1 - newer, slot(whole.number(), whole.state()));
        }
    }

    private void writeSlotAndSync(int slot, ByteBuffer content) throws IOException {
        long at = (long) slot * SLOT_BYTES;
        while (content.hasRemaining()) {
            hardState.write(content, at + content.position());
        }
        hardState.force(false);
    }

    private static ByteBuffer slot(long number, HardState state) {
        ByteBuffer out = ByteBuffer.allocate(HARD_STATE_BYTES);
        out.putLong(HARD_STATE_MAGIC).putLong(number).putLong(state.term()).putInt(state.votedFor());
        out.putInt(DurableFiles.crc(out.array(), 0, AT_HARD_STATE_CRC));
        return out.flip();
    }

    /** A lower bound of the commit index, or nothing where it cannot be read. */
    public OptionalLong readCommitBound() throws IOException {
        return readNumber(commitBound, 0);
    }

    /** Stores a lower bound of the commit index, not above what is synced; needs no sync. */
    public void writeCommitBound(long index) throws IOException {
        ByteBuffer out = number(index);
        commitBound.write(out, 0);
    }

    /** The sequence of the newest segment as of the last roll, or nothing in a directory without a log. */
    OptionalLong readNewestSegment() throws IOException {
        Path file = path.resolve("newest");
        if (!Files.exists(file)) {
            return OptionalLong.empty();
        }
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            long newest = Math.max(
                    readNumber(in, 0).orElse(0), readNumber(in, SLOT_BYTES).orElse(0));
            if (newest == 0) {
                throw new CorruptFileException(file, "neither of its two slots is whole");
            }
            return OptionalLong.of(newest);
        }
    }

    /** Returns when the newest segment's sequence is durable. In place: a segment that was allocated needs no more space. */
    void writeNewestSegmentAndSync(long sequence) throws IOException {
        Path file = path.resolve("newest");
        if (!Files.exists(file) || Files.size(file) < 2 * SLOT_BYTES) {
            ByteBuffer fresh = ByteBuffer.allocate(2 * SLOT_BYTES);
            fresh.put(0, number(sequence), 0, NUMBER_BYTES).put(SLOT_BYTES, number(sequence), 0, NUMBER_BYTES);
            DurableFiles.replace(file, fresh);
            return;
        }
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
            out.position(sequence % 2 * SLOT_BYTES);
            DurableFiles.writeFully(out, number(sequence));
            out.force(false);
        }
    }

    /** A number with its checksum, twelve bytes. */
    static ByteBuffer number(long value) {
        ByteBuffer out = ByteBuffer.allocate(NUMBER_BYTES).putLong(value);
        return out.putInt(DurableFiles.crc(out.array(), 0, 8)).flip();
    }

    /** A number as {@link #number} made it, or nothing where it is torn or cannot be read. */
    static OptionalLong readNumber(FileChannel file, long at) throws IOException {
        return numberAt(ByteBuffer.wrap(read(file, at, NUMBER_BYTES)), 0);
    }

    /** As many of these bytes as can be read: what is kept twice, or need not be known, is none to end a start for. */
    private static byte[] read(FileChannel file, long at, int bytes) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(new byte[bytes]);
        try {
            file.read(in, at);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException unreadable) {
            in.clear();
        }
        byte[] read = new byte[in.flip().remaining()];
        in.get(read);
        return read;
    }

    /** What {@link #number} made, or nothing where it is cut off or torn. */
    static OptionalLong numberAt(ByteBuffer in, int at) {
        if (at > in.limit() - NUMBER_BYTES) {
            return OptionalLong.empty();
        }
        byte[] bytes = new byte[NUMBER_BYTES];
        in.get(at, bytes);
        boolean whole = in.getInt(at + 8) == DurableFiles.crc(bytes, 0, 8);
        return whole ? OptionalLong.of(in.getLong(at)) : OptionalLong.empty();
    }

    // ---- quarantine ------------------------------------------------------------------------------------------------

    /**
     * Condemns what is in the directory: the log, and what belongs to it, is not to be used any more. Returns when that
     * is durable; {@link #setAside} does the rest, also after a crash.
     *
     * @param why a sentence that names file and place
     */
    public void condemn(String why) throws IOException {
        quarantine.begin(why);
    }

    /** Whether something was condemned and is not yet set aside. */
    public boolean isCondemned() throws IOException {
        return quarantine.unfinished().isPresent();
    }

    /**
     * Moves everything that was condemned to {@code quarantine/}, but for a hard state that can be read. Then there is
     * an empty log. Returns when that is durable.
     */
    public void setAside() throws IOException {
        boolean keeps = numberIn(0) != DAMAGED || numberIn(1) != DAMAGED;
        commitBound.close();
        hardState.close();
        quarantine.finish(keeps ? Set.of("hard-state") : Set.of());
        hardState = openHardState(path, true);
        commitBound = openCommitBound(path);
    }

    /** Why something was set aside last, and where to. */
    public Optional<String> whySetAside() throws IOException {
        return quarantine.latestWhy();
    }

    /** The entries that left the log; may be used by any thread, and after {@link #close}. */
    public RollbackFiles rollbacks() {
        return new RollbackFiles(path.resolve("rollback"));
    }

    /** The snapshots in it. */
    public SnapshotFiles snapshots() {
        return new SnapshotFiles(path);
    }

    @Override
    public void close() throws IOException {
        commitBound.close();
        hardState.close();
        lockFile.close();
    }
}
