package dev.quorate.replica;

import dev.quorate.log.SnapshotFile;
import dev.quorate.log.SnapshotFiles;
import dev.quorate.log.SnapshotHeader;
import dev.quorate.log.SnapshotWriter;
import dev.quorate.store.Pin;
import dev.quorate.store.StateCodec;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Snapshots as {@link Snapshots} writes them, without its thread. */
final class MadeSnapshot {
    private MadeSnapshot() {}

    static SnapshotFile write(SnapshotFiles files, SnapshotHeader header, ByteBuffer admissions, Pin pin)
            throws IOException {
        try (pin;
                SnapshotWriter out = files.begin(header)) {
            out.block(admissions);
            StateCodec part = new StateCodec();
            part.addLeaderTime(pin.leaderTimeMs());
            pin.outcomes().forEach(part::add);
            while (!pin.isExhausted()) {
                pin.next(10).forEach(part::add);
            }
            out.block(part.bytes());
            return out.finish();
        }
    }
}
