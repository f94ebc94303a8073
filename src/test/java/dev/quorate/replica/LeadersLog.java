package dev.quorate.replica;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.Records;
import dev.quorate.log.SyncListener;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.Wal;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.EntryKind;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;

/** Entries as a leader would send them, out of a log of their own, and entries that a replica loses. */
public final class LeadersLog {
    static final WalOptions WAL = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));

    static final SyncListener DEAF = new SyncListener() {
        @Override
        public void synced(long index) {}

        @Override
        public void forced(Duration took, long entries) {}

        @Override
        public void syncFailed(IOException cause, Path file) {}
    };

    private LeadersLog() {}

    /** An empty log, as every replica has that belongs to a set. */
    static void begin(DataDirectory directory) throws IOException {
        Wal.open(directory, WAL, DEAF).close();
    }

    /** A no-op of a term at an index, and writes behind it. */
    public static Records of(Path directory, long firstIndex, long term, ByteBuffer... writes) throws IOException {
        try (DataDirectory data = DataDirectory.open(directory);
                Wal wal = Wal.open(data, WAL, DEAF)) {
            for (long index = 1; index < firstIndex; index++) {
                wal.append(1, EntryKind.NO_OP, ByteBuffer.allocate(0));
            }
            wal.append(term, EntryKind.NO_OP, ByteBuffer.allocate(0));
            for (ByteBuffer write : writes) {
                wal.append(term, EntryKind.MUTATION, write);
            }
            return wal.batch(firstIndex, Integer.MAX_VALUE);
        }
    }

    /** Has a running replica save entries as if they had just left its log. */
    public static Uni<Boolean> lost(Replica replica, Records entries, long deposedInTerm) {
        return replica.onLoop(() -> {
            try {
                replica.rollbacks().save(entries, deposedInTerm, 1_764_000_000_000L);
                return true;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
