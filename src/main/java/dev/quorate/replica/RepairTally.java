package dev.quorate.replica;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.function.IntConsumer;
import org.jboss.logging.Logger;

/**
 * Counts the repairs of one follower: the first is told at once, those of the following second together. Each is counted,
 * and reads of a lagging set do not push the elections out of the journal. Any thread.
 */
final class RepairTally {
    private static final Logger LOG = Logger.getLogger(RepairTally.class);
    private static final Duration WINDOW = Duration.ofSeconds(1);

    private final IntConsumer told;
    private boolean open;
    private int counted;

    RepairTally(IntConsumer told) {
        this.told = told;
    }

    void repaired() {
        synchronized (this) {
            if (open) {
                counted++;
                return;
            }
            open = true;
        }
        told.accept(1);
        openWindow();
    }

    private void openWindow() {
        Uni.createFrom()
                .voidItem()
                .onItem()
                .delayIt()
                .by(WINDOW)
                .subscribe()
                .with(nothing -> windowEnded(), failure -> LOG.error("repairs are told no more", failure));
    }

    private void windowEnded() {
        int count;
        synchronized (this) {
            count = counted;
            counted = 0;
            open = count > 0;
        }
        if (count > 0) {
            told.accept(count);
            openWindow();
        }
    }
}
