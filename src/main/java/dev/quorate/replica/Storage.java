package dev.quorate.replica;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.DroppedSegments;
import dev.quorate.log.NoSpaceException;
import dev.quorate.log.Records;
import dev.quorate.log.SnapshotFile;
import dev.quorate.log.SnapshotFiles;
import dev.quorate.log.SnapshotHeader;
import dev.quorate.log.SyncListener;
import dev.quorate.log.Wal;
import dev.quorate.protocol.Effects;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Position;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Pin;
import dev.quorate.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * A replica's log and store, which change together: what is appended is applied as newest, what is truncated is undone.
 * Loop thread only, but what {@link Store} lets any thread read.
 */
final class Storage {
    private static final Logger LOG = Logger.getLogger(Storage.class);
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final DataDirectory directory;
    private final Wal wal;
    private final Store store = new Store();
    private final Rollbacks rollbacks;
    private final LeaderTime leaderTime = new LeaderTime();
    private final Admissions admissions = new Admissions();
    private final SnapshotFiles snapshots;
    private final long keepEntries;
    private final long commitBound;

    // Whole ones, the newest first; the second is there should the first be damaged.
    private List<SnapshotFile> kept = List.of();
    private int segmentsWhenFull;

    /**
     * Reads the newest whole snapshot and the log behind it. The directory stays the caller's to close if this fails;
     * nothing else is left of it then.
     */
    Storage(DataDirectory directory, ReplicaOptions options, SyncListener listener, ReplicaEvents events)
            throws IOException {
        this.directory = directory;
        this.snapshots = directory.snapshots();
        this.keepEntries = options.snapshots().keepEntries();
        snapshots.removeUnfinished();
        Optional<SnapshotFile> newest =
                snapshots.newestWhole(damaged -> events.snapshotDamaged(String.valueOf(damaged.getMessage())));
        SnapshotHeader header = newest.map(SnapshotFile::header).orElse(null);
        this.rollbacks = new Rollbacks(options.id(), directory.rollbacks(), events);
        this.wal = Wal.open(directory, options.wal(), listener, header);
        try {
            long lastIndexFound = wal.lastIndex();
            if (newest.isPresent()) {
                begin(RestoredState.read(newest.get()));
            }
            long bound = Math.min(directory.readCommitBound().orElse(0), wal.lastIndex());
            this.commitBound = Math.max(bound, wal.snapshot().index());
            store.committed(commitBound); // told first: undo is kept above it only, not for the whole log
            wal.replay(wal.snapshot().index() + 1, this::apply);
            events.started(hardState().term(), lastIndexFound, wal.recovery(), store);
            rollbacks.committed(commitBound, wal);
        } catch (IOException | RuntimeException e) {
            // A live reload opens the directory again in this process: threads left behind would be in its way.
            try {
                wal.abandon();
            } catch (IOException ending) {
                e.addSuppressed(ending);
            }
            throw e;
        }
    }

    /** A log that lacks the end of the snapshot is another history's, or was cut short by a power failure. */
    private void begin(RestoredState state) throws IOException {
        if (!wal.holds(state.file().header().position())) {
            replaceLog(state.file(), hardState().term()).delete();
        }
        become(state);
    }

    Wal wal() {
        return wal;
    }

    Store store() {
        return store;
    }

    Rollbacks rollbacks() {
        return rollbacks;
    }

    /** Whom the log admits. */
    Admissions admissions() {
        return admissions;
    }

    /** A lower bound of the commit index, as of opening. */
    long commitBound() {
        return commitBound;
    }

    HardState hardState() throws IOException {
        return directory.readHardState();
    }

    /** Returns when term and vote are durable. */
    void saveAndSync(HardState state) throws IOException {
        directory.saveAndSync(state);
        store.termChanged();
    }

    /** Appends the no-op of a term that this replica leads from now on. Not durable. */
    void openTerm(long term) throws IOException {
        leaderTime.takeOffice(store.leaderTimeMs(), System.nanoTime());
        wal.append(term, EntryKind.NO_OP, NOTHING.duplicate());
    }

    /** Leader time, in milliseconds, of a leader that took office. */
    long leaderTimeMs(long nowNanos) {
        return leaderTime.stampMs(nowNanos);
    }

    /** As {@link #append(long, ByteBuffer, boolean)}, of one that may set keys. */
    long append(long term, ByteBuffer mutation) throws IOException {
        return append(term, mutation, false);
    }

    /**
     * Stamps, appends and applies a leader's own mutation; returns its index. Not durable.
     *
     * @param deletes whether it deletes and does nothing else: then there is some room for it on a full disk
     * @throws NoSpaceException if there is no room; nothing was done
     */
    long append(long term, ByteBuffer mutation, boolean deletes) throws IOException {
        MutationCodec.stampLeaderTime(mutation, leaderTime.stampMs(System.nanoTime()));
        long index;
        try {
            index = wal.append(term, EntryKind.MUTATION, mutation, deletes);
        } catch (NoSpaceException e) {
            throw told(e);
        }
        apply(index, term, EntryKind.MUTATION, mutation);
        return index;
    }

    /**
     * Appends the entry that admits a replica; returns its index. Not durable.
     *
     * @throws NoSpaceException if there is no room; nothing was done
     */
    long admit(long term, int replica, long incarnation) throws IOException {
        ByteBuffer payload = Admissions.encode(replica, incarnation);
        long index;
        try {
            index = wal.append(term, EntryKind.ADMIT, payload.duplicate());
        } catch (NoSpaceException e) {
            throw told(e);
        }
        apply(index, term, EntryKind.ADMIT, payload);
        return index;
    }

    /**
     * Takes a leader's entries; what they replace is first saved to {@code rollback/}. Not durable.
     *
     * @throws NoSpaceException if there is no room, for them or for what they replace; nothing was done
     */
    void change(Effects.LogChange change, long term) throws IOException {
        Records added = ((Records) change.entries()).from(change.skip());
        try {
            if (change.truncateFrom() > 0) {
                Records removed = wal.batch(change.truncateFrom(), Integer.MAX_VALUE);
                rollbacks.save(removed, term, Clock.systemUTC().millis());
                wal.truncateFrom(change.truncateFrom(), added.sizeBytes());
                store.undoFrom(change.truncateFrom());
                admissions.undoFrom(change.truncateFrom());
            }
            append(added);
        } catch (NoSpaceException e) {
            throw told(e);
        }
        for (int i = 0; i < added.count(); i++) {
            apply(added.firstIndex() + i, added.term(i), added.kind(i), added.payload(i));
        }
        store.logAdvanced(wal.lastPosition());
    }

    /** What a leader deletes has room here as it had there: else no majority would have it. */
    private void append(Records added) throws IOException {
        try {
            wal.append(added);
        } catch (NoSpaceException e) {
            if (!isOfDeletes(added)) {
                throw e;
            }
            wal.append(added, true);
        }
    }

    private static boolean isOfDeletes(Records added) {
        for (int i = 0; i < added.count(); i++) {
            EntryKind kind = added.kind(i);
            boolean deletes = kind == EntryKind.MUTATION && MutationCodec.isOfDeletes(added.payload(i));
            if (kind != EntryKind.NO_OP && !deletes) {
                return false;
            }
        }
        return true;
    }

    /** What a refusal says to whoever asked. */
    ReplicaException.DiskFull noSpace(String where, NoSpaceException refusal) throws IOException {
        return new ReplicaException.DiskFull(where, refusal.neededBytes(), snapshots.freeBytes());
    }

    /** Once until there is another segment: smaller writes may still find room in the last, and end no episode. */
    private NoSpaceException told(NoSpaceException refusal) {
        if (wal.segments() != segmentsWhenFull) {
            segmentsWhenFull = wal.segments();
            LOG.warnf("%s takes no writes until there is space: %s", directory.path(), refusal.getMessage());
        }
        return refusal;
    }

    private void apply(long index, long term, EntryKind kind, ByteBuffer payload) {
        if (kind == EntryKind.MUTATION) {
            store.apply(term, index, payload);
        } else if (kind == EntryKind.ADMIT) {
            admissions.apply(index, payload);
        }
    }

    // ---- snapshots -------------------------------------------------------------------------------------------------

    SnapshotFiles snapshots() {
        return snapshots;
    }

    /** The newest that is whole and durable. */
    Optional<SnapshotFile> newestSnapshot() {
        return kept.stream().findFirst();
    }

    /** The committed state as of now; the caller closes the pin. */
    PinnedState pin() {
        Pin pin = store.pin();
        long index = pin.index();
        Position position = new Position(wal.termAt(index), index);
        SnapshotHeader header = new SnapshotHeader(position, Clock.systemUTC().millis(), wal.termStarts(index));
        return new PinnedState(header, admissions.upTo(index), pin);
    }

    /**
     * A snapshot is durable. Entries go that neither the snapshot before it needs, should this one be damaged, nor
     * followers that are a little behind.
     *
     * @return segments whose files the caller is to remove, and then all snapshots but {@link #keptSnapshots}
     */
    DroppedSegments snapshotTaken(SnapshotFile taken) {
        if (newestSnapshot().isPresent() && newestSnapshot().get().index() >= taken.index()) {
            return wal.dropUpTo(0); // a leader's newer one was installed meanwhile
        }
        wal.snapshotTaken(taken.header().position());
        kept = newestSnapshot().map(before -> List.of(taken, before)).orElse(List.of(taken));
        long needed = kept.size() == 1 ? 0 : kept.get(1).index();
        return wal.dropUpTo(Math.max(0, Math.min(needed, taken.index() - keepEntries)));
    }

    /** The snapshots that are to stay. */
    List<SnapshotFile> keptSnapshots() {
        return kept;
    }

    /**
     * Takes a leader's snapshot (protocol.md §7). It is ignored at or below the commit index; where the log holds its end,
     * all entries stay; else it takes the place of log and store, and what it lacks is first saved to {@code rollback/}.
     * Durable when this returns: the snapshot before the log, so that a crash in between is made good at the next start.
     *
     * @param state its file is in this directory, under any name, and synced; it is given its name here
     * @param term the term in which it came
     * @return segments whose files the caller is to remove, and then all snapshots but {@link #keptSnapshots}
     * @throws NoSpaceException if there is no room for what must be saved, or for the new log; log and store are what they
     *     were, and this may be tried again
     */
    DroppedSegments install(RestoredState state, long term) throws IOException {
        SnapshotHeader header = state.file().header();
        if (header.position().index() <= store.committedIndex()) {
            Files.deleteIfExists(state.file().path());
            return wal.dropUpTo(0);
        }
        if (wal.holds(header.position())) {
            SnapshotFile named = snapshots.adopt(state.file());
            store.committed(named.index());
            return snapshotTaken(named);
        }
        DroppedSegments dropped;
        try {
            dropped = replaceLog(state.file(), term);
        } catch (NoSpaceException e) {
            throw told(e);
        }
        become(new RestoredState(snapshots.adopt(state.file()), state.image(), state.admissions()));
        return dropped;
    }

    /** The log begins anew behind a durable snapshot; entries that are not of its history are saved before. */
    private DroppedSegments replaceLog(SnapshotFile file, long term) throws IOException {
        SnapshotHeader header = file.header();
        long first = Math.max(wal.firstIndex(), store.committedIndex() + 1);
        while (first <= wal.lastIndex() && header.termAt(first) == wal.termAt(first)) {
            first++;
        }
        if (first <= wal.lastIndex()) {
            rollbacks.save(
                    wal.batch(first, Integer.MAX_VALUE), term, Clock.systemUTC().millis());
        }
        snapshots.adopt(file);
        return wal.restartAfter(header);
    }

    private void become(RestoredState state) {
        store.become(state.image(), state.file().index());
        admissions.become(state.admissions());
        kept = List.of(state.file());
    }

    /** All up to this index is committed. The stored bound names only what a sync really covered. */
    void committed(long index) throws IOException {
        store.committed(index);
        rollbacks.committed(index, wal);
        directory.writeCommitBound(Math.min(index, wal.durableIndex()));
    }

    void close() throws IOException {
        try {
            wal.close();
        } finally {
            directory.close();
        }
    }
}
