package dev.quorate.log;

import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.Invariants;
import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The write-ahead log: entries in mapped segment files, in frames that are synced whole (protocol.md §8). One thread
 * writes and reads; only {@link #syncedIndex} and {@link #syncRunning} may be asked
 * by any.
 *
 * <p>{@code append} is not durable. {@link #requestSync} seals what gathered into one frame and has the sync thread
 * force it; while that lasts more gathers, which the next call seals: group commit. The writer calls it after each run of
 * appends and again when it hears that a sync ended.
 */
public final class Wal implements LogView, AutoCloseable {
    private static final int NO_FRAME = -1;
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Path directory;
    private final WalOptions options;
    private final SpareRoom spare;
    private final SegmentSource source;
    private final SyncThread syncs;
    private final SyncListener listener;
    private final RecoveryReport recovery;
    private final Segments segments;
    private TermStarts terms;
    private final CRC32C crc = new CRC32C();
    private List<Segment> unsynced = new ArrayList<>();
    private Segment current;
    private int chain;
    private Position snapshot;
    private long firstIndex;
    private long lastIndex;
    private long grownBytes;
    private int frameAt = NO_FRAME;
    private long frameFirst;
    private boolean sealedUnsynced;
    private boolean quiet;
    private long quietSinceNanos;
    private volatile long writtenIndex;

    private Wal(
            DataDirectory directory,
            WalOptions options,
            SyncListener listener,
            Recovery found,
            @Nullable SnapshotHeader snapshot) {
        this.directory = directory.path();
        this.options = options;
        this.spare = new SpareRoom(options.segmentSizeBytes());
        this.listener = listener;
        this.source = new SegmentSource(directory, options.segmentSizeBytes());
        this.recovery = found.report();
        this.segments = new Segments(found.segments());
        this.current = segments.newest();
        this.terms = found.terms();
        this.chain = found.chain();
        this.snapshot = snapshot == null ? Position.NONE : snapshot.position();
        this.firstIndex = found.firstIndex();
        this.grownBytes = found.bytesBehindSnapshot();
        this.lastIndex = found.lastIndex();
        this.writtenIndex = lastIndex;
        Duration rest = options.sync() == SyncPolicy.INTERVAL ? options.syncInterval() : Duration.ZERO;
        this.syncs = new SyncThread("quorate-sync-" + this.directory.getFileName(), listener, rest, lastIndex);
        source.prepareNext();
    }

    /**
     * Opens the log of a directory, making it where there is none, and reads it through. A torn tail is cut off.
     *
     * @throws CorruptLogException if what was synced once is damaged or missing
     */
    public static Wal open(DataDirectory directory, WalOptions options, SyncListener listener) throws IOException {
        return open(directory, options, listener, null);
    }

    /**
     * As {@link #open(DataDirectory, WalOptions, SyncListener)}, of a log that may begin behind what a snapshot holds. It may
     * also end before the snapshot, or have another entry at its place: {@link #holds} tells, and {@link #restartAfter} is
     * the answer.
     *
     * @param snapshot what the state was read from; null for nothing
     */
    public static Wal open(
            DataDirectory directory, WalOptions options, SyncListener listener, @Nullable SnapshotHeader snapshot)
            throws IOException {
        Recovery found = Recovery.run(directory, options.segmentSizeBytes(), snapshot);
        return new Wal(directory, options, listener, found, snapshot);
    }

    /** What opening found. */
    public RecoveryReport recovery() {
        return recovery;
    }

    // ---- reading ---------------------------------------------------------------------------------------------------

    @Override
    public long lastIndex() {
        return lastIndex;
    }

    @Override
    public long firstIndex() {
        return firstIndex;
    }

    @Override
    public Position snapshot() {
        return snapshot;
    }

    /** Whether it has the entry at a position, or had it and a snapshot has what it did. */
    public boolean holds(Position position) {
        return position.index() <= lastIndex && termAt(position.index()) == position.term();
    }

    /** The position of the first entry of each term that has entries at or below an index, also of those not kept. */
    public List<Position> termStarts(long upToIndex) {
        return terms.upTo(upToIndex);
    }

    /** Bytes of the records that were ever appended since it was opened, and of those the snapshot lacked then. */
    public long grownBytes() {
        return grownBytes;
    }

    @Override
    public long syncedIndex() {
        return options.sync() == SyncPolicy.ALWAYS ? syncs.syncedIndex() : writtenIndex;
    }

    @Override
    public long termAt(long index) {
        return index == 0 ? 0 : index < 0 || index > lastIndex ? -1 : terms.termAt(index);
    }

    @Override
    public long firstIndexOfTermAt(long index) {
        return terms.firstIndexOfTermAt(index);
    }

    /**
     * Highest index that a sync really covered, under either policy: what the stored commit bound may name. Below
     * {@link #syncedIndex} under {@link SyncPolicy#INTERVAL}.
     */
    public long durableIndex() {
        return syncs.syncedIndex();
    }

    /** The files that are written no more, oldest first. */
    public List<ColdSegment> coldSegments() {
        return segments.cold();
    }

    /** How long the sync under way has taken so far; zero where there is none. Any thread. */
    public Duration syncRunning() {
        return syncs.running();
    }

    /** How many files are in use. */
    public int segments() {
        return segments.count();
    }

    /** Bytes of the files in use. */
    public long sizeBytes() {
        return segments.sizeBytes();
    }

    @Override
    public Records batch(long fromIndex, int maxBytes) {
        return batch(fromIndex, lastIndex, maxBytes);
    }

    /**
     * As {@link #batch(long, int)}, but nothing above an index.
     *
     * @param toIndex at or below lastIndex
     */
    public Records batch(long fromIndex, long toIndex, int maxBytes) {
        if (fromIndex > toIndex) {
            return Records.empty(fromIndex);
        }
        Invariants.check(fromIndex >= firstIndex, "entry %d is asked for, the log begins at %d", fromIndex, firstIndex);
        return segments.batch(fromIndex, toIndex, maxBytes);
    }

    /** Hands over all entries from an index on. */
    public void replay(long fromIndex, EntryVisitor visitor) {
        segments.replay(fromIndex, lastIndex, visitor);
    }

    // ---- writing ---------------------------------------------------------------------------------------------------

    /** As {@link #append(long, EntryKind, ByteBuffer, boolean)}, of an entry that frees no space. */
    public long append(long term, EntryKind kind, ByteBuffer payload) throws IOException {
        return append(term, kind, payload, false);
    }

    /**
     * Appends an entry and returns its index. Not durable. Allocates nothing.
     *
     * @param freesSpace whether room may be used that is kept for such entries, should the disk be full
     * @throws NoSpaceException if there is no room for another segment; nothing was appended
     */
    public long append(long term, EntryKind kind, ByteBuffer payload, boolean freesSpace) throws IOException {
        checkTakes(term);
        int length = payload.remaining();
        int size = RecordFormat.sizeBytes(length);
        int kept = spare.keptFrom(kind, freesSpace);
        if (!fits(size, kept)) {
            roll(source.take(size + SegmentFormat.FRAME_BYTES + kept));
        }
        int at = place();
        ByteBuffer map = current.map();
        RecordFormat.write(map, at, lastIndex + 1, term, kind.code(), payload);
        map.putInt(at + RecordFormat.AT_CRC, RecordFormat.crc(crc, current.view(), at, length));
        added(at, size, term);
        return lastIndex;
    }

    /** As {@link #append(Records, boolean)}, of entries that free no space. */
    public void append(Records batch) throws IOException {
        append(batch, false);
    }

    /**
     * Appends a leader's entries as they came. Not durable.
     *
     * @param batch must begin at lastIndex + 1
     * @param freesSpace as of {@link #append(long, EntryKind, ByteBuffer, boolean)}, of all of them
     * @throws NoSpaceException if there is no room for another segment; nothing was appended
     */
    public void append(Records batch, boolean freesSpace) throws IOException {
        Invariants.check(batch.firstIndex() == lastIndex + 1, "entry %d would leave a gap", batch.firstIndex());
        if (batch.count() == 0) {
            return;
        }
        checkTakes(batch.term(0));
        int kept = spare.keptFrom(batch, freesSpace);
        int fitting = fitting(batch, kept);
        if (fitting == batch.count()) {
            write(batch);
            return;
        }
        // As if they came one by one: a follower's segments are as full as its leader's, and so are their disks.
        Records rest = batch.from(fitting);
        Path prepared = source.take(rest.sizeBytes() + SegmentFormat.FRAME_BYTES + kept);
        write(batch.upTo(fitting));
        roll(prepared);
        write(rest);
    }

    /** How many of them the segment has room for. */
    private int fitting(Records batch, int kept) {
        int fitting = batch.count();
        while (fitting > 0 && !fits(batch.offset(fitting), kept)) {
            fitting--;
        }
        return fitting;
    }

    private void write(Records batch) {
        if (batch.count() == 0) {
            return;
        }
        int at = place();
        ByteBuffer bytes = batch.bytes();
        current.map().put(at, bytes, 0, bytes.remaining());
        for (int i = 0; i < batch.count(); i++) {
            int offset = at + batch.offset(i);
            added(offset, RecordFormat.sizeAt(current.map(), offset), batch.term(i));
        }
    }

    /** Recovery would refuse a term that goes back, so it must not get in. Boxes nothing while all is well. */
    private void checkTakes(long term) throws IOException {
        if (syncs.hasFailed()) {
            throw new IOException("the log takes nothing more: a sync failed");
        }
        if (term < terms.lastTerm()) {
            Invariants.check(false, "term %d behind entry %d of term %d", term, lastIndex, terms.lastTerm());
        }
    }

    private boolean fits(int bytes, int kept) {
        return bytes + (frameAt == NO_FRAME ? SegmentFormat.FRAME_BYTES : 0) + kept <= current.room();
    }

    /** Where the bytes go for which there is room, in a frame that is begun. */
    private int place() {
        if (frameAt == NO_FRAME) {
            frameAt = current.end();
            frameFirst = lastIndex + 1;
            return frameAt + SegmentFormat.FRAME_BYTES;
        }
        return current.end();
    }

    private void added(int at, int size, long term) {
        lastIndex++;
        current.added(at);
        current.endAt(at + size);
        grownBytes += size;
        terms.added(lastIndex, term);
    }

    private void roll(Path prepared) throws IOException {
        seal();
        Segment full = current;
        begin(prepared, header(lastIndex + 1), false);
        unsynced.add(full);
    }

    private SegmentFormat.Header header(long first) {
        return new SegmentFormat.Header(current.header().sequence() + 1, first, termAt(first - 1), chain, false);
    }

    private void begin(Path prepared, SegmentFormat.Header header, boolean afterSync) throws IOException {
        current = source.begin(prepared, header, afterSync);
        chain = current.firstChain();
        segments.add(current);
        source.prepareNext();
    }

    private void seal() {
        if (frameAt != NO_FRAME) {
            int count = (int) (lastIndex - frameFirst + 1);
            mark(frameAt, current.end(), frameFirst, count);
            frameAt = NO_FRAME;
        }
    }

    private void mark(int at, int end, long first, int count) {
        long synced = syncs.syncedIndex();
        chain = SegmentFormat.seal(crc, current.map(), current.view(), at, end, first, synced, count, chain);
        sealedUnsynced = true;
    }

    /**
     * Seals what gathered and has it forced, unless a sync is under way: then it goes with the next call. Where nothing
     * gathered for a second, the end is marked, once: so it is to be called also while nothing happens.
     */
    public void requestSync() {
        if (syncs.hasFailed()) {
            return;
        }
        if (frameAt == NO_FRAME && !sealedUnsynced) {
            markWhenQuiet(System.nanoTime());
            return;
        }
        if (options.sync() == SyncPolicy.INTERVAL && frameAt != NO_FRAME) {
            seal();
            writtenIndex = lastIndex;
            listener.synced(lastIndex);
        }
        if (syncs.isIdle()) {
            seal();
            submit();
        }
    }

    private void submit() {
        quiet = false;
        sealedUnsynced = false;
        List<Segment> dirty = unsynced;
        unsynced = new ArrayList<>(1);
        dirty.add(current);
        writtenIndex = lastIndex;
        syncs.submit(new SyncThread.Request(dirty, lastIndex));
    }

    /** All is synced, and a frame says so only once one is behind it: until then damage to the last looks torn. */
    void markWhenQuiet(long nowNanos) {
        if (!syncs.isIdle() || !canMark()) {
            return;
        }
        if (!quiet) {
            quiet = true;
            quietSinceNanos = nowNanos;
        } else if (nowNanos - quietSinceNanos >= QUIET_NANOS) {
            chain = current.mark(lastIndex, chain);
            submit();
        }
    }

    /** Room for a mark is not looked for in a new segment. */
    private boolean canMark() {
        return lastIndex > 0 && !current.endsWithMark() && current.room() >= SegmentFormat.FRAME_BYTES;
    }

    /**
     * Removes the entries from an index on. Overwrites nothing: what is there stays in its file, and a new segment, durable
     * before this returns, says from where on it no longer counts.
     *
     * @param index 1..lastIndex
     * @param room bytes of records that the next append, in a batch, will find room for
     * @throws NoSpaceException if there is no room for another segment; nothing was removed
     */
    public void truncateFrom(long index, int room) throws IOException {
        Path prepared = source.take(2 * SegmentFormat.FRAME_BYTES + room + spare.bytes());
        seal();
        syncs.awaitIdle();
        forceAll();
        begin(prepared, header(index), true);
        lastIndex = index - 1;
        segments.keep(index - 1);
        terms.truncateFrom(index);
        syncs.forcedUpTo(index - 1);
        writtenIndex = index - 1;
    }

    // ---- behind a snapshot -----------------------------------------------------------------------------------------

    /** A snapshot that the log {@link #holds} the end of is durable. */
    public void snapshotTaken(Position position) {
        Invariants.check(holds(position), "a snapshot of %s, which the log does not hold", position);
        if (position.isAfter(snapshot)) {
            snapshot = position;
        }
    }

    /**
     * Lets go of the segments that hold nothing above an index. Their files are still there, until the caller has had
     * them removed, on any thread.
     *
     * @param index at or below that of the snapshot
     */
    public DroppedSegments dropUpTo(long index) {
        Invariants.check(index <= snapshot.index(), "to drop entry %d, but the snapshot is of %s", index, snapshot);
        // One with a torn part would still be in the way of a start after a power failure, before it is removed.
        long synced = Math.min(index, durableIndex());
        int dropped = segments.droppable(synced);
        if (dropped > 0) {
            firstIndex = segments.firstIndexBehind(dropped);
        }
        return drop(dropped);
    }

    private DroppedSegments drop(int count) {
        List<Segment> dropped = segments.drop(count);
        unsynced.removeAll(dropped);
        return new DroppedSegments(dropped);
    }

    /**
     * Begins anew behind a snapshot that is durable: all entries go, also those above it. Returns when that is durable; the
     * files of what went are for the caller to remove, as with {@link #dropUpTo}.
     *
     * @throws NoSpaceException if there is no room for another segment; nothing was done
     */
    public DroppedSegments restartAfter(SnapshotHeader header) throws IOException {
        Path prepared = source.take(2 * SegmentFormat.FRAME_BYTES + spare.bytes());
        seal();
        syncs.awaitIdle();
        forceAll();
        Position position = header.position();
        begin(
                prepared,
                new SegmentFormat.Header(
                        current.header().sequence() + 1, position.index() + 1, position.term(), 0, true),
                true);
        snapshot = position;
        firstIndex = position.index() + 1;
        lastIndex = position.index();
        terms = TermStarts.below(firstIndex, header.termStarts());
        syncs.forcedUpTo(lastIndex);
        writtenIndex = lastIndex;
        return drop(segments.count() - 1);
    }

    /** Syncs all that was sealed, on this thread; the sync thread is idle. A failure is as final as one of its own. */
    private void forceAll() throws IOException {
        if (syncs.hasFailed()) {
            throw new IOException("the log takes nothing more: a sync failed");
        }
        unsynced.add(current);
        for (Segment segment : unsynced) {
            try {
                segment.force();
            } catch (IOException e) {
                syncs.fail(e, segment.file());
                throw e;
            }
        }
        unsynced.clear();
        sealedUnsynced = false;
        syncs.forcedUpTo(lastIndex);
        writtenIndex = lastIndex;
    }

    /** Syncs, marks the end so that damage before it is told from a torn tail, and closes. */
    @Override
    public void close() throws IOException {
        try {
            seal();
            syncs.awaitIdle();
            syncs.stop();
            if (!syncs.hasFailed()) {
                forceAll();
                if (canMark()) {
                    current.mark(lastIndex, chain);
                    current.force();
                }
            }
        } finally {
            abandon();
        }
    }

    /** Ends its threads and closes its files, and writes nothing: what was not synced is for recovery to judge. */
    public void abandon() throws IOException {
        syncs.stop();
        try {
            source.stop();
        } finally {
            segments.close();
        }
    }

    @Override
    public String toString() {
        return directory + " up to " + lastIndex + " in " + segments;
    }
}
