package dev.quorate.replica;

import dev.quorate.log.SnapshotHeader;
import dev.quorate.store.Pin;
import java.nio.ByteBuffer;

/**
 * A replica's committed state at one index, to be read in parts while writes go on.
 *
 * @param header which
 * @param admissions whom the log up to there admits
 * @param pin the store's state; loop thread only, but for what it says
 */
record PinnedState(SnapshotHeader header, ByteBuffer admissions, Pin pin) {}
