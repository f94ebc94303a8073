package dev.quorate.replica;

import java.time.Duration;

/** Counts nothing. */
final class SilentListener implements ReplicaListener {
    @Override
    public void written(int w, String outcome) {}

    @Override
    public void synced(Duration took, int entries) {}

    @Override
    public void rolledBack(Rollback.State state, int writes) {}
}
