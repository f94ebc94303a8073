package dev.quorate.replica;

import dev.quorate.log.SyncListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;

/** What the sync thread tells is taken on the loop. */
record SyncRelay(Loop loop, ReplicaEvents events) implements SyncListener {
    @Override
    public void synced(long index) {
        loop.offer(() -> {});
    }

    @Override
    public void forced(Duration took, long entries) {
        events.synced(took, entries);
    }

    @Override
    public void syncFailed(IOException cause, Path file) {
        loop.offer(() -> {
            throw new UncheckedIOException("sync of " + file + " failed: " + cause.getMessage(), cause);
        });
    }
}
