package dev.quorate.replica;

import dev.quorate.log.CorruptFileException;
import dev.quorate.log.Records;
import dev.quorate.log.RollbackFiles;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Position;
import dev.quorate.replica.Rollback.State;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.MutationCodec.Change;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * What truncations took from a replica's log: saved before it goes, and followed until the commit index tells what became
 * of it (protocol.md §3). The files are the truth; only of those that are not settled is anything kept here. Loop thread
 * only, but for {@link #newest}.
 */
public final class Rollbacks {
    private static final Logger LOG = Logger.getLogger(Rollbacks.class);

    private final int replica;
    private final RollbackFiles files;
    private final ReplicaEvents events;
    private final List<Unsettled> unsettled = new ArrayList<>();

    /** Takes up what earlier runs left unsettled. A damaged file is told of, and keeps nobody from starting. */
    Rollbacks(int replica, RollbackFiles files, ReplicaEvents events) throws IOException {
        this.replica = replica;
        this.files = files;
        this.events = events;
        for (Path file : files.newestFirst()) {
            try {
                RollbackFiles.Saved saved = files.read(file);
                if (!saved.isSettled()) {
                    unsettled.add(new Unsettled(file, saved.records()));
                }
            } catch (CorruptFileException e) {
                LOG.warnf("replica=%d %s", replica, e.getMessage());
            }
        }
    }

    /**
     * One page of the list.
     *
     * @param newest the writes, the last saved first
     * @param unreadable a sentence for each file that could not be read
     */
    public record Page(List<Rollback> newest, List<String> unreadable) {}

    /** Entries of a file, and how far it is known whether the committed log has them. */
    private static final class Unsettled {
        private final Path file;
        private final long firstIndex;
        private final long[] terms;
        private final BitSet writes;
        private int shared;

        Unsettled(Path file, Records records) {
            this.file = file;
            this.firstIndex = records.firstIndex();
            this.terms = new long[records.count()];
            this.writes = new BitSet(terms.length);
            for (int i = 0; i < terms.length; i++) {
                terms[i] = records.term(i);
                writes.set(i, records.kind(i) == EntryKind.MUTATION);
            }
        }

        long lastIndex() {
            return firstIndex + terms.length - 1;
        }

        int writes(int from, int to) {
            return writes.get(from, to).cardinality();
        }

        /** Whether the committed log differs, or has all: then {@code shared} says how many of these it has. */
        boolean settledBy(long commitIndex, LogView log) {
            while (shared < terms.length && firstIndex + shared <= commitIndex) {
                if (log.termAt(firstIndex + shared) != terms[shared]) {
                    return true;
                }
                shared++;
            }
            return shared == terms.length;
        }
    }

    /** Returns when the entries that are about to leave the log are durable. */
    void save(Records removed, long deposedInTerm, long nowMs) throws IOException {
        Path file = files.save(removed, deposedInTerm, nowMs);
        if (unsettled.stream().anyMatch(other -> other.file.equals(file))) {
            return; // an attempt for which the log had no room has told it
        }
        Unsettled saved = new Unsettled(file, removed);
        unsettled.add(saved);
        int writes = saved.writes(0, saved.terms.length);
        String cause = "entries " + saved.firstIndex + ".." + saved.lastIndex() + ", " + counted(writes)
                + ", are not in the log of the leader of term " + deposedInTerm;
        events.follows(deposedInTerm);
        tell(State.REMOVED, cause, saved, 0, saved.terms.length);
    }

    /** All up to this index is committed: what stood at those places before is settled. */
    void committed(long commitIndex, LogView log) throws IOException {
        for (Iterator<Unsettled> rest = unsettled.iterator(); rest.hasNext(); ) {
            Unsettled entries = rest.next();
            if (entries.settledBy(commitIndex, log)) {
                rest.remove();
                settle(entries, log);
            }
        }
    }

    /** By log matching (Raft §5.3) what the committed log shares with the file is a prefix of the file. */
    private void settle(Unsettled entries, LogView log) throws IOException {
        int shared = entries.shared;
        long discardedFrom = entries.firstIndex + shared;
        try {
            files.settle(entries.file, discardedFrom);
        } catch (NoSuchFileException e) {
            LOG.warnf("replica=%d %s was taken away before it was settled", replica, entries.file);
        }
        if (shared > 0) {
            String cause = "entries " + entries.firstIndex + ".." + (discardedFrom - 1)
                    + " came back from a later leader and are committed";
            tell(State.RESTORED, cause, entries, 0, shared);
        }
        if (shared < entries.terms.length) {
            String cause = "index " + discardedFrom + " is committed with an entry of term " + log.termAt(discardedFrom)
                    + ", not of term " + entries.terms[shared] + ": "
                    + counted(entries.writes(shared, entries.terms.length))
                    + " lost";
            tell(State.DISCARDED, cause, entries, shared, entries.terms.length);
        }
    }

    private static String counted(int writes) {
        return writes == 1 ? "1 write" : writes + " writes";
    }

    private void tell(State state, String cause, Unsettled entries, int from, int to) {
        events.rolledBack(
                state,
                cause,
                String.valueOf(entries.file.getFileName()),
                entries.firstIndex + from,
                entries.firstIndex + to - 1,
                entries.writes(from, to));
    }

    /**
     * The writes that left the log and did not come back, the last saved first, read from the files. Any thread that may
     * wait for a disk.
     *
     * @param limit how many at most, 1 or more
     * @throws IOException if the folder cannot be read
     */
    public Page newest(int limit) throws IOException {
        List<Rollback> newest = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        Set<Position> listed = new HashSet<>(); // what came back and left again is in two files
        for (Path file : files.newestFirst()) {
            if (newest.size() >= limit) {
                break;
            }
            try {
                add(files.read(file), limit, newest, listed);
            } catch (NoSuchFileException e) {
                LOG.debugf("%s was taken away meanwhile", file);
            } catch (CorruptFileException e) {
                unreadable.add(String.valueOf(e.getMessage()));
            }
        }
        return new Page(newest, unreadable);
    }

    private void add(RollbackFiles.Saved saved, int limit, List<Rollback> newest, Set<Position> listed) {
        Records records = saved.records();
        State state = saved.isSettled() ? State.DISCARDED : State.REMOVED;
        for (int i = records.count() - 1; i >= 0 && newest.size() < limit; i--) {
            long index = records.firstIndex() + i;
            Position version = new Position(records.term(i), index);
            boolean restored = index < saved.discardedFrom();
            if (restored || records.kind(i) != EntryKind.MUTATION || !listed.add(version)) {
                continue;
            }
            ByteBuffer mutation = records.payload(i);
            for (Change change : MutationCodec.changes(mutation)) {
                newest.add(new Rollback(
                        replica,
                        change.key(),
                        version,
                        change.delete(),
                        change.valueBytes(),
                        MutationCodec.w(mutation),
                        state,
                        saved.savedAtMs()));
            }
        }
    }
}
