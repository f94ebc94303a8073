package dev.quorate.replica;

import io.smallrye.mutiny.Uni;
import java.time.Duration;

/** Counts nothing. */
class SilentListener implements ReplicaListener {
    static {
        // The first subscription sets Mutiny up, and fails where a test and a replica's loop both make it.
        Uni.createFrom().voidItem().subscribe().with(nothing -> {});
    }

    @Override
    public void written(int w, String outcome) {}

    @Override
    public void synced(Duration took, int entries) {}

    @Override
    public void damaged() {}

    @Override
    public void stateDiffers() {}

    @Override
    public void rolledBack(Rollback.State state, int writes) {}
}
