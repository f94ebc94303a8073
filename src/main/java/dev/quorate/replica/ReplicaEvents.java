package dev.quorate.replica;

import dev.quorate.log.RecoveryReport;
import dev.quorate.protocol.CoreEvent;
import dev.quorate.protocol.Role;
import dev.quorate.store.Store;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells what happens to one replica, in one place and in the same words: a line in the log, an event in the journal, a
 * figure where there is one. What the core tells is taken by {@link #tell}: a new event of the core is one line there.
 */
final class ReplicaEvents {
    private static final Logger LOG = Logger.getLogger(ReplicaEvents.class);

    /**
     * A sync counts as stalled from so many heartbeat intervals on: by default half of the shortest election time-out,
     * so that it is told before it costs a leader its office.
     */
    private static final int STALLED_HEARTBEATS = 5;

    private final int replica;
    private final LongSupplier lastIndex;
    private final ClusterEvents journal;
    private final ReplicaListener listener;
    private final Narrator narrator;
    private final Duration stalled;
    private final Circumstances circumstances = new Circumstances();
    private final CatchUps catchUps = new CatchUps(new CatchUpsTold());
    private final Map<Integer, RepairTally> repairs = new HashMap<>();
    private volatile Role role = Role.FOLLOWER;
    private volatile long term;

    // The sync thread's: an episode of stalled syncs.
    private int stalledSyncs;
    private long longestStallMs;

    /**
     * Of one replica.
     *
     * @param lastIndex the log's last index; asked on the replica's loop
     */
    ReplicaEvents(ReplicaOptions options, LongSupplier lastIndex, ClusterEvents journal, ReplicaListener listener) {
        this.replica = options.id();
        this.lastIndex = lastIndex;
        this.journal = journal;
        this.listener = listener;
        this.narrator = new Narrator(options.narrate());
        this.stalled = options.heartbeatInterval().multipliedBy(STALLED_HEARTBEATS);
    }

    /** It was opened, in its stored term, with what its log held. */
    void started(long storedTerm, long lastLogIndex, RecoveryReport report, Store store) {
        term = storedTerm;
        narrator.replayed(replica, report, store);
        publish(
                EventType.STARTED,
                "the process started; the log holds entries up to " + lastLogIndex,
                details("lastIndex", lastLogIndex, "bytes", report.bytes(), "tookMs", report.tookMs()));
    }

    /** Damage was found in its files. Any thread. */
    void damaged(String why) {
        listener.damaged();
        LOG.errorf("replica=%d found damage: %s", replica, why);
        publish(EventType.DAMAGED, why, details());
    }

    /** Its committed state is not that of others. On the replica's loop. */
    void stateDiffers(StateComparison comparison) {
        listener.stateDiffers();
        publish(
                EventType.STATE_DIFFERS,
                comparison.told(),
                details(
                        "index",
                        comparison.index(),
                        "agreeing",
                        comparison.agreeing().toString(),
                        "differing",
                        comparison.differing().toString()));
    }

    /** What is damaged in its directory was set aside. */
    void quarantined(String why) {
        publish(EventType.QUARANTINED, why, details());
    }

    /** What the core tells of itself. On the replica's loop. */
    void tell(CoreEvent event) {
        if (event instanceof CoreEvent.RoleChanged changed) {
            role = changed.role();
            term = changed.term();
            catchUps.clear();
            String cause = circumstances.tell(changed.reason(), System.nanoTime());
            publish(EventType.ROLE_CHANGED, changed.reason().label(), cause, details());
        } else if (event instanceof CoreEvent.Truncated cut) {
            String cause = "entries " + cut.fromIndex() + ".." + cut.lastIndex()
                    + " are not those of the leader of term " + cut.term();
            publish(EventType.TRUNCATED, cause, details("fromIndex", cut.fromIndex(), "lastIndex", cut.lastIndex()));
        } else if (event instanceof CoreEvent.FollowerAdvanced follower) {
            narrator.advanced(follower.follower(), follower.fromIndex(), follower.matchIndex());
            catchUps.advanced(follower.follower(), follower.fromIndex(), follower.matchIndex(), lastIndex.getAsLong());
        } else if (event instanceof CoreEvent.VoteAnswered vote) {
            String answer = vote.granted() ? "got its vote" : "did not get its vote: " + vote.why();
            String cause = "replica " + vote.candidate() + " stands in term " + vote.term() + " and " + answer;
            publish(EventType.VOTE_ANSWERED, cause, details("peer", vote.candidate(), "granted", vote.granted()));
        } else if (event instanceof CoreEvent.TransferStarted transfer) {
            String why = transfer.reason().label();
            String cause = "it hands over to replica " + transfer.target() + ": " + why;
            publish(EventType.TRANSFER_STARTED, why, cause, details("peer", transfer.target()));
        } else if (event instanceof CoreEvent.TransferGivenUp transfer) {
            String cause = "replica " + transfer.target() + " did not take over in time; writes are taken again";
            publish(EventType.TRANSFER_GIVEN_UP, cause, details("peer", transfer.target()));
        } else if (event instanceof CoreEvent.JoinerHeard joiner) {
            String cause = "the directory of replica " + joiner.replica() + " is new: it counts again once admitted";
            publish(EventType.JOINER_HEARD, cause, details("peer", joiner.replica()));
        } else if (event instanceof CoreEvent.InstallStarted install) {
            String cause = "the log no longer has what replica " + install.follower() + " lacks: it gets the snapshot "
                    + install.snapshot();
            publish(EventType.INSTALL_STARTED, cause, details("peer", install.follower()));
        } else if (event instanceof CoreEvent.Installed install) {
            String cause = "the snapshot " + install.snapshot() + " of leader " + install.leader()
                    + " took the place of a log that ended at " + install.lastIndexBefore();
            publish(EventType.INSTALLED, cause, details("peer", install.leader()));
        } else if (event instanceof CoreEvent.Admitted) {
            publish(EventType.ADMITTED, "its log covers the entry that admits it: it counts from now on", details());
        } else {
            LOG.debugf("replica=%d %s", replica, event);
        }
    }

    private final class CatchUpsTold implements CatchUps.Listener {
        @Override
        public void started(int follower, long entries, boolean wasAway) {
            String cause =
                    "follower " + follower + " lacks " + entries + " entries" + (wasAway ? ", having been away" : "");
            publish(EventType.CATCH_UP_STARTED, cause, details("peer", follower, "entries", entries));
        }

        @Override
        public void caughtUp(int follower, long entries, long tookMs) {
            String cause = "follower " + follower + " took " + entries + " entries in " + tookMs + " ms";
            publish(EventType.CAUGHT_UP, cause, details("peer", follower, "entries", entries, "tookMs", tookMs));
        }
    }

    /** A message of the term's leader came. On the replica's loop. */
    void heardLeader(int from) {
        circumstances.heardLeader(from, System.nanoTime());
    }

    /** The core was given a tick; they are due so far apart. On the replica's loop. */
    void ticked(Duration interval) {
        circumstances.ticked(System.nanoTime(), interval.toNanos());
    }

    /** As leader it appended a write. On the replica's loop. */
    void wrote(long index, String key, byte[] value, int required) {
        narrator.wrote(index, key, value, required);
    }

    /** A write was answered. Any thread. */
    void written(int w, String outcome) {
        listener.written(w, outcome);
    }

    /** Another replica does not answer. On the replica's loop. */
    void peerLost(int peer, String failure) {
        publish(EventType.PEER_LOST, "replica " + peer + " does not answer: " + failure, details("peer", peer));
    }

    /** It answers again, after so long. On the replica's loop. */
    void peerBack(int peer, long silentMs) {
        catchUps.back(peer, lastIndex.getAsLong());
        String cause = "replica " + peer + " answers again after " + silentMs + " ms";
        publish(EventType.PEER_BACK, cause, details("peer", peer, "silentMs", silentMs));
    }

    /** Another replica answers, and has no space for entries. On the replica's loop. */
    void peerFull(int peer, String failure) {
        publish(EventType.PEER_LOST, "replica " + peer + " takes no entries: " + failure, details("peer", peer));
    }

    /** It has space again, after so long. On the replica's loop. */
    void peerTakesEntries(int peer, long fullMs) {
        catchUps.back(peer, lastIndex.getAsLong());
        String cause = "replica " + peer + " takes entries again after " + fullMs + " ms";
        publish(EventType.PEER_BACK, cause, details("peer", peer, "fullMs", fullMs));
    }

    /** The log was synced. On the sync thread. */
    void synced(Duration took, long entries) {
        listener.synced(took, (int) entries);
        circumstances.synced(took.toNanos());
        if (took.compareTo(stalled) >= 0) {
            stalledSyncs++;
            longestStallMs = Math.max(longestStallMs, took.toMillis());
            if (stalledSyncs == 1) {
                String cause = "a sync of " + entries + " entries took " + took.toMillis() + " ms, more than "
                        + STALLED_HEARTBEATS + " heartbeat intervals";
                publish(EventType.SYNC_STALLED, cause, details("tookMs", took.toMillis(), "entries", entries));
            }
        } else if (stalledSyncs > 0) {
            String cause = stalledSyncs + " syncs in a row took up to " + longestStallMs + " ms; the last one "
                    + took.toMillis() + " ms";
            publish(EventType.SYNC_RECOVERED, cause, details("syncs", stalledSyncs, "longestMs", longestStallMs));
            stalledSyncs = 0;
            longestStallMs = 0;
        }
    }

    /** A follower took this leader's record of a key. Any thread. */
    void repaired(int follower, String key) {
        narrator.repaired(follower, key);
        RepairTally tally;
        synchronized (repairs) {
            tally = repairs.computeIfAbsent(follower, peer -> new RepairTally(count -> tellRepaired(peer, count)));
        }
        tally.repaired();
    }

    private void tellRepaired(int follower, int keys) {
        String cause = "a read with repair found follower " + follower + " behind, and gave it "
                + (keys == 1 ? "a record" : keys + " records");
        publish(EventType.REPAIRED, cause, details("peer", follower, "records", keys));
    }

    /** It follows the leader of that term: the log changes before the core's own events of the step are told. */
    void follows(long leadersTerm) {
        role = Role.FOLLOWER;
        term = leadersTerm;
    }

    /** Writes that left the log changed their state. On the replica's loop, or before it runs. */
    void rolledBack(Rollback.State state, String cause, String file, long fromIndex, long toIndex, int writes) {
        listener.rolledBack(state, writes);
        publish(
                EventType.ROLLBACK,
                cause,
                details(
                        "state",
                        state.label(),
                        "fromIndex",
                        fromIndex,
                        "lastIndex",
                        toIndex,
                        "writes",
                        writes,
                        "file",
                        file));
    }

    /** It begins to write a snapshot. On the replica's loop. */
    void snapshotStarted(long index, long records) {
        String cause = "it writes a snapshot of " + records + " records, as committed at " + index;
        publish(EventType.SNAPSHOT_STARTED, cause, details("index", index, "records", records));
    }

    /** It is durable. On the replica's loop. */
    void snapshotFinished(long index, long bytes, long tookMs, long firstIndex) {
        String cause = "the snapshot of " + index + " took " + tookMs + " ms and has " + bytes
                + " bytes; the log begins at " + firstIndex;
        publish(
                EventType.SNAPSHOT_FINISHED,
                cause,
                details("index", index, "bytes", bytes, "tookMs", tookMs, "firstIndex", firstIndex));
    }

    /** It could not be written. On the replica's loop. */
    void snapshotFailed(long index, String why) {
        String cause = "the snapshot of " + index + " could not be written: " + why;
        publish(EventType.SNAPSHOT_FAILED, cause, details("index", index));
    }

    /** A snapshot was found damaged. Before the loop runs. */
    void snapshotDamaged(String why) {
        publish(EventType.SNAPSHOT_DAMAGED, why + "; the one before it is tried", details());
    }

    /** One that was whole at the start is damaged now. Any thread. */
    void snapshotDecayed(String why) {
        publish(EventType.SNAPSHOT_DAMAGED, why + "; a new one is written if anything was committed since", details());
    }

    /** It stopped for good. */
    void stopped(String why) {
        publish(EventType.STOPPED, why, details());
    }

    private void publish(EventType type, String cause, Map<String, Object> details) {
        publish(type, null, cause, details);
    }

    private void publish(EventType type, @Nullable String reason, String cause, Map<String, Object> details) {
        LOG.logf(
                type.isWarning() ? Logger.Level.WARN : Logger.Level.INFO,
                "replica=%d term=%d role=%s event=%s %s",
                replica,
                term,
                role.label(),
                type.label(),
                cause);
        long atMs = Clock.systemUTC().millis();
        journal.publish(new ClusterEvent(replica, term, role, type, reason, cause, atMs, details));
    }

    /** Names and values in turn; the order stays, for people. */
    private static Map<String, Object> details(Object... namesAndValues) {
        Map<String, Object> details = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            details.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return Collections.unmodifiableMap(details);
    }
}
