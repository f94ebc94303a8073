package dev.quorate.replica;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.NoSpaceException;
import dev.quorate.log.Records;
import dev.quorate.log.SyncListener;
import dev.quorate.log.Wal;
import dev.quorate.protocol.Effects;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
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
    private final long commitBound;
    private int segmentsWhenFull;

    /** Opens the log and reads it back. The directory stays the caller's to close if this fails. */
    Storage(DataDirectory directory, ReplicaOptions options, SyncListener listener, ReplicaEvents events)
            throws IOException {
        this.directory = directory;
        this.wal = Wal.open(directory, options.wal(), listener);
        this.commitBound = Math.min(directory.readCommitBound().orElse(0), wal.lastIndex());
        store.committed(commitBound); // told first: undo is kept above it only, not for the whole log
        wal.replay(1, (index, term, kind, payload) -> apply(index, term, kind, payload));
        events.started(hardState().term(), wal.lastIndex(), wal.recovery(), store);
        this.rollbacks = new Rollbacks(options.id(), directory.rollbacks(), events);
        rollbacks.committed(commitBound, wal);
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

    /**
     * Stamps, appends and applies a leader's own mutation; returns its index. Not durable.
     *
     * @throws NoSpaceException if there is no room; nothing was done
     */
    long append(long term, ByteBuffer mutation) throws IOException {
        MutationCodec.stampLeaderTime(mutation, leaderTime.stampMs(System.nanoTime()));
        long index;
        try {
            index = wal.append(term, EntryKind.MUTATION, mutation);
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
            wal.append(added);
        } catch (NoSpaceException e) {
            throw told(e);
        }
        for (int i = 0; i < added.count(); i++) {
            apply(added.firstIndex() + i, added.term(i), added.kind(i), added.payload(i));
        }
        store.logAdvanced(wal.lastPosition());
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
