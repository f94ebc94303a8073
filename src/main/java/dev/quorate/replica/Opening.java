package dev.quorate.replica;

import dev.quorate.log.CorruptFileException;
import dev.quorate.log.DataDirectory;
import dev.quorate.log.SyncListener;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Stage;
import java.io.IOException;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a start makes of a data directory. One whose log is damaged goes into quarantine, if the other replicas can fill
 * it again (protocol.md §8): what is damaged is set aside, and the directory is from then on one that is new to its set,
 * with an incarnation of its own, so that it counts in nothing until it is admitted (§6).
 *
 * @param membership whom it belongs to
 * @param hardState its term and vote
 * @param storage its log and store
 * @param quarantined why it is in quarantine, or null
 */
record Opening(
        Membership membership,
        HardState hardState,
        Storage storage,
        @Nullable String quarantined) {
    /**
     * Opens log and store. The directory stays the caller's to close if this fails.
     *
     * @throws CorruptFileException if it is damaged, and no other replica can fill it again or nothing says whose it is
     */
    static Opening open(DataDirectory directory, ReplicaOptions options, SyncListener listener, ReplicaEvents events)
            throws IOException {
        Membership membership = Identity.open(directory, options);
        if (!directory.isCondemned()) {
            try {
                if (membership.isFormed()) {
                    directory.requireLog();
                }
                return of(membership, directory, options, listener, events);
            } catch (CorruptFileException damage) {
                events.damaged(String.valueOf(damage.getMessage()));
                if (!membership.canBeRefilled()) {
                    throw damage;
                }
                directory.condemn(String.valueOf(damage.getMessage()));
            }
        }
        // Before anything is moved: with half of its log this directory must not be taken for the one it was.
        Membership refilling = membership.refilling(new SecureRandom().nextLong());
        Identity.save(directory, refilling);
        directory.setAside();
        events.quarantined(directory.whySetAside().orElseThrow());
        return of(refilling, directory, options, listener, events);
    }

    private static Opening of(
            Membership membership,
            DataDirectory directory,
            ReplicaOptions options,
            SyncListener listener,
            ReplicaEvents events)
            throws IOException {
        boolean joining = membership.stage() == Stage.JOINING;
        String quarantined = joining ? directory.whySetAside().orElse(null) : null;
        HardState hardState = directory.readHardState();
        // Last: it has threads, which a failure behind it would leave running.
        return new Opening(membership, hardState, new Storage(directory, options, listener, events), quarantined);
    }
}
