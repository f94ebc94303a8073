package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** Hears of syncs, on the sync thread. */
public interface SyncListener {
    /** The log is synced at least up to this index. */
    void synced(long index);

    /** The disk took so long for a sync that so many entries, 1 or more, shared. */
    void forced(Duration took, long entries);

    /** A sync failed; nothing can be trusted to reach that file any more. Told once; the log takes nothing after it. */
    void syncFailed(IOException cause, Path file);
}
