package dev.quorate.replica;

import dev.quorate.log.ColdSegment;
import dev.quorate.log.CorruptFileException;
import dev.quorate.log.SnapshotFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * Reads again what a replica wrote long ago, slowly, so that decay is found while other replicas can still mend it: at a
 * start it may be too late. What the system keeps in memory is not read from the disk.
 */
final class Scrubber {
    private static final Logger LOG = Logger.getLogger(Scrubber.class);

    private final long bytesPerSecond;

    /** @param bytesPerSecond what it reads at most, 1 or more */
    Scrubber(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** The first damage in these files, if there is any. Holds its thread for as long as that takes. */
    Optional<CorruptFileException> scrub(List<ColdSegment> files) throws IOException {
        for (ColdSegment file : files) {
            try {
                file.verify(this::rest);
            } catch (NoSuchFileException e) {
                LOG.debugf("the log has moved on: %s is not there any more", file.file());
            } catch (CorruptFileException damage) {
                return Optional.of(damage);
            }
        }
        return Optional.empty();
    }

    /** The first of these that is damaged, if there is any; as {@link #scrub}. */
    Optional<CorruptFileException> scrubSnapshots(List<SnapshotFile> files) throws IOException {
        for (SnapshotFile file : files) {
            try {
                file.forEachBlock(block -> rest(block.remaining()));
            } catch (NoSuchFileException e) {
                LOG.debugf("a newer one has taken its place: %s is not there any more", file.path());
            } catch (CorruptFileException damage) {
                return Optional.of(damage);
            }
        }
        return Optional.empty();
    }

    private void rest(long bytesRead) {
        LockSupport.parkNanos(this, (long) (bytesRead * 1e9 / bytesPerSecond));
    }
}
