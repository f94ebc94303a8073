package dev.quorate.replica;

import dev.quorate.log.Records;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.Position;
import dev.quorate.store.MutationCodec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A run of committed entries, copied out of the log; read once, by whoever of its watchers comes first. Any thread. */
final class WatchPiece {
    private final long firstIndex;
    private final Position last;
    private final int sizeBytes;
    /** Until they are read: what they hold is twice in memory meanwhile. */
    private @Nullable Records entries;

    private List<WatchItem.Change> changes = List.of();

    /** @param entries one or more, all of them committed */
    WatchPiece(Records entries) {
        int count = entries.count();
        this.entries = entries;
        this.firstIndex = entries.firstIndex();
        this.last = new Position(entries.term(count - 1), firstIndex + count - 1);
        this.sizeBytes = entries.sizeBytes();
    }

    long firstIndex() {
        return firstIndex;
    }

    Position last() {
        return last;
    }

    int sizeBytes() {
        return sizeBytes;
    }

    /** Adds what is told to a watcher of keys with that prefix who has all entries below an index. */
    void tell(String prefix, long fromIndex, List<WatchItem> told) {
        WatchItem.Change before = null;
        for (WatchItem.Change change : changes()) {
            if (change.version().index() >= fromIndex && change.key().startsWith(prefix)) {
                add(told, before, change.version());
                before = change;
            }
        }
        add(told, before, Position.NONE);
    }

    /** Cut off behind a change that others of its entry follow, a watcher must be told it again. */
    private static void add(List<WatchItem> told, WatchItem.@Nullable Change change, Position next) {
        if (change != null) {
            told.add(new WatchItem.Told(change, change.version().equals(next) ? null : change.version()));
        }
    }

    private synchronized List<WatchItem.Change> changes() {
        Records unread = entries;
        if (unread != null) {
            changes = read(unread);
            entries = null;
        }
        return changes;
    }

    private static List<WatchItem.Change> read(Records entries) {
        List<WatchItem.Change> read = new ArrayList<>();
        for (int i = 0; i < entries.count(); i++) {
            if (entries.kind(i) == EntryKind.MUTATION) {
                Position version = new Position(entries.term(i), entries.firstIndex() + i);
                MutationCodec.decode(entries.payload(i), new Reader(version, read));
            }
        }
        return read;
    }

    private record Reader(Position version, List<WatchItem.Change> changes) implements MutationCodec.Visitor {
        @Override
        public void put(String key, byte[] value, @Nullable String contentType, long wallMs, long expiresAtMs) {
            StoredValue stored = new StoredValue(key, value, contentType, version, wallMs);
            changes.add(new WatchItem.Change(key, version, stored, false));
        }

        @Override
        public void delete(String key) {
            changes.add(new WatchItem.Change(key, version, null, false));
        }

        @Override
        public void expire(String key, Position expired) {
            changes.add(new WatchItem.Change(key, version, null, true));
        }
    }
}
