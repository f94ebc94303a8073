package dev.quorate.replica;

import dev.quorate.log.NoSpaceException;
import dev.quorate.protocol.ReplicaCore;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Outcome;
import dev.quorate.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;

/**
 * What a leader's time ends (protocol.md §2.8, §2.9): it logs deletes of records that have expired, each with the version
 * that it expires, and the cut-off below which outcomes are forgotten. Followers only apply. A record is served until its
 * delete is in the log. Loop thread only.
 */
final class Expirations {
    private static final int MOST_A_TIME = 1000;

    /** While something is to expire, leader time is logged this often: what a failover costs is at most that late. */
    private static final long STAMP_INTERVAL_MS = 10_000;

    private static final Duration NO_SPACE_PAUSE = Duration.ofSeconds(1);

    private final ReplicaOptions options;
    private final ReplicaCore core;
    private final Storage storage;
    private long pausedUntilNanos = System.nanoTime();

    Expirations(ReplicaOptions options, ReplicaCore core, Storage storage) {
        this.options = options;
        this.core = core;
        this.storage = storage;
    }

    /** Called often by a leader that takes writes. True if an entry was appended. */
    boolean look(long nowNanos) {
        Store store = storage.store();
        Outcome oldest = store.oldestOutcome();
        if ((oldest == null && !store.hasExpiries()) || nowNanos - pausedUntilNanos < 0) {
            return false;
        }
        long nowMs = storage.leaderTimeMs(nowNanos);
        MutationCodec.Builder mutation =
                new MutationCodec.Builder(1, Clock.systemUTC().millis());
        boolean due = nowMs - store.leaderTimeMs() >= STAMP_INTERVAL_MS;
        long cutOffMs = nowMs - options.idempotencyRetention().toMillis();
        if (oldest != null && oldest.leaderTimeMs() < cutOffMs) {
            mutation.forgetOutcomes(cutOffMs);
            due = true;
        }
        int before = mutation.sizeBytes();
        store.forEachExpired(nowMs, MOST_A_TIME, record -> mutation.expire(record.key(), record.version()));
        return (due || mutation.sizeBytes() > before) && append(mutation.build(), nowNanos);
    }

    private boolean append(ByteBuffer mutation, long nowNanos) {
        try {
            storage.append(core.term(), mutation);
            return true;
        } catch (NoSpaceException e) {
            pausedUntilNanos = nowNanos + NO_SPACE_PAUSE.toNanos();
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
