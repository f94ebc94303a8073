package dev.quorate.cli;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.DirectoryIdentity;
import dev.quorate.log.SnapshotHeader;
import dev.quorate.log.SnapshotWriter;
import dev.quorate.log.SyncListener;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.Wal;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Stage;
import dev.quorate.store.KeyRecord;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.StateCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Directories for the operator's tools to look at, alike to the byte each time. */
final class ReplicaDirectory {
    private static final WalOptions SMALL = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));
    private static final long SAVED_AT_MS = 1_764_000_000_000L;

    private static final SyncListener DEAF = new SyncListener() {
        @Override
        public void synced(long index) {}

        @Override
        public void forced(Duration took, long entries) {}

        @Override
        public void syncFailed(IOException cause, Path file) {
            throw new AssertionError(cause);
        }
    };

    private ReplicaDirectory() {}

    /** Of replica 1 of 3, closed in order: four entries that count, one that left the log. */
    static void make(Path path, Stage stage) throws IOException {
        try (DataDirectory data = DataDirectory.open(path)) {
            DirectoryIdentity identity =
                    new DirectoryIdentity("quorate", 3, 1, "auto", stage, 0x5eed, 0x11, List.of(0x10L, 0x11L, 0x12L));
            data.writeIdentityAndSync(identity.encode());
            data.saveAndSync(new HardState(2, 2));
            try (Wal wal = Wal.open(data, SMALL, DEAF)) {
                wal.append(1, EntryKind.NO_OP, ByteBuffer.allocate(0));
                wal.append(1, EntryKind.MUTATION, put("user:1", "Jessica", 2));
                wal.append(1, EntryKind.MUTATION, put("cart:7", "three apples", 1));
                data.rollbacks().save(wal.batch(3, 1 << 20), 2, SAVED_AT_MS);
                wal.truncateFrom(3, 0);
                wal.append(2, EntryKind.NO_OP, ByteBuffer.allocate(0));
                wal.append(2, EntryKind.MUTATION, MutationCodec.delete("user:1", 3, 0));
            }
            data.writeCommitBound(3);
        }
    }

    /** As a start does where no snapshot is whole. */
    static void openLog(DataDirectory data) throws IOException {
        Wal.open(data, SMALL, DEAF).close();
    }

    /** A backup as of entry 42 of term 3, with these keys. */
    static Path backup(Path directory, String... keys) throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            Position position = new Position(3, 42);
            SnapshotHeader header = new SnapshotHeader(position, SAVED_AT_MS, List.of(new Position(3, 1)));
            try (SnapshotWriter out = data.snapshots().begin(header)) {
                out.block(ByteBuffer.wrap(new byte[] {1, 0}));
                StateCodec part = new StateCodec();
                for (String key : keys) {
                    byte[] value = ("value of " + key).getBytes(StandardCharsets.UTF_8);
                    part.add(new KeyRecord(key, value, "text/plain", 3, 7, SAVED_AT_MS));
                }
                out.block(part.bytes());
                return out.finish().path();
            }
        }
    }

    private static ByteBuffer put(String key, String value, int w) {
        return MutationCodec.put(key, value.getBytes(StandardCharsets.UTF_8), "text/plain", w, 0);
    }
}
