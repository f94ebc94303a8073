package dev.quorate.ops;

import dev.quorate.protocol.Role;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReplicaListener;
import dev.quorate.replica.ReplicaStatus;
import dev.quorate.replica.Rollback;
import dev.quorate.replica.SnapshotStatus;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The figures of the hosted replicas. What is counted a write is registered beforehand and found by two array steps;
 * the rest is pulled when somebody asks.
 */
@ApplicationScoped
public class Metrics implements ReplicaListener {
    private static final List<String> OUTCOMES = List.of(ACKNOWLEDGED, PENDING, UNKNOWN, NONE);

    private final HostedReplicas hosted;
    private final MeterRegistry registry;
    private final Tags set;
    private final Counter[][] writes;
    private final Timer syncs;
    private final DistributionSummary batches;
    private final Counter damages;
    private final Counter stateDifferences;
    private final Map<Rollback.State, Counter> rollbacks = new EnumMap<>(Rollback.State.class);

    Metrics(HostedReplicas hosted, MeterRegistry registry) {
        this.hosted = hosted;
        this.registry = registry;
        this.set = Tags.of("set", hosted.replicaSet());
        this.writes = new Counter[hosted.replicas() + 1][OUTCOMES.size()];
        for (int w = 1; w < writes.length; w++) {
            for (int outcome = 0; outcome < OUTCOMES.size(); outcome++) {
                writes[w][outcome] = counter(w, OUTCOMES.get(outcome));
            }
        }
        this.syncs = Timer.builder("quorate.wal.sync")
                .description("What a sync of the log takes")
                .tags(set)
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofNanos(50_000))
                .maximumExpectedValue(Duration.ofSeconds(5))
                .register(registry);
        this.batches = DistributionSummary.builder("quorate.wal.batch")
                .description("Entries that shared a sync")
                .baseUnit("entries")
                .tags(set)
                .register(registry);
        this.damages = Counter.builder("quorate.damages")
                .description("Times that damage was found in a replica's files")
                .tags(set)
                .register(registry);
        this.stateDifferences = Counter.builder("quorate.state.differences")
                .description("Times that a replica found its committed state to be another than that of others")
                .tags(set)
                .register(registry);
        for (Rollback.State state : Rollback.State.values()) {
            rollbacks.put(
                    state,
                    Counter.builder("quorate.rollback.writes")
                            .description("Writes that a truncation took from a log, and what became of them")
                            .tags(set.and("state", state.label()))
                            .register(registry));
        }
    }

    /** An observer, so that the bean is there from the start, asked for by nobody but the platform. */
    void register(@Observes StartupEvent event) {
        Gauge.builder("quorate.pending.waits", hosted, HostedReplicas::pendingWaits)
                .description("Writes that wait for replicas")
                .tags(set)
                .register(registry);
        Gauge.builder("quorate.pending.writes", hosted, of -> of.intake().pending())
                .description("Writes that are not answered yet")
                .tags(set)
                .register(registry);
        Gauge.builder("quorate.pending.bytes", hosted, of -> of.intake().pendingBytes())
                .description("Bytes of their bodies, and of bodies that are on their way")
                .baseUnit("bytes")
                .tags(set)
                .register(registry);
        Gauge.builder("quorate.watchers", hosted, HostedReplicas::watching)
                .description("Watchers of the replicas hosted here")
                .tags(set)
                .register(registry);
        Gauge.builder(
                        "quorate.wal.sync.running",
                        hosted,
                        of -> of.longestSyncRunning().toNanos() / 1e9)
                .description("How long the longest sync under way has taken so far; 0 where there is none")
                .baseUnit("seconds")
                .tags(set)
                .register(registry);
        Gauge.builder("quorate.wal.bytes", hosted, HostedReplicas::walBytes)
                .description("Bytes of the log files in use")
                .baseUnit("bytes")
                .tags(set)
                .register(registry);
        for (int id = 0; id < hosted.replicas(); id++) {
            lag("entries", "Entries of the leader's log that it lacks", id, ReplicaStatus::lagEntries);
            lag("seconds", "Time since it last had the leader's whole log", id, status -> status.lagMillis() / 1e3);
        }
        for (var replica : hosted.hosted()) {
            index("quorate.last.index", "Its log's last index", replica.id(), ReplicaStatus::lastIndex);
            index("quorate.commit.index", "What it knows to be committed", replica.id(), ReplicaStatus::commitIndex);
            snapshot("index", "Index of its newest snapshot", null, replica.id(), SnapshotStatus::index);
            snapshot("bytes", "Size of its newest snapshot", "bytes", replica.id(), SnapshotStatus::sizeBytes);
            snapshot("age", "Time since its newest snapshot was begun", "seconds", replica.id(), Metrics::ageSeconds);
        }
    }

    @Override
    public void written(int w, String outcome) {
        int at = OUTCOMES.indexOf(outcome);
        if (w >= 1 && w < writes.length && at >= 0) {
            writes[w][at].increment();
        } else {
            counter(w, outcome).increment();
        }
    }

    @Override
    public void synced(Duration took, int entries) {
        syncs.record(took);
        batches.record(entries);
    }

    @Override
    public void damaged() {
        damages.increment();
    }

    @Override
    public void stateDiffers() {
        stateDifferences.increment();
    }

    @Override
    public void rolledBack(Rollback.State state, int writes) {
        Counter counter = rollbacks.get(state);
        if (counter != null) {
            counter.increment(writes);
        }
    }

    private Counter counter(int w, String outcome) {
        return Counter.builder("quorate.writes")
                .description("Writes answered")
                .tags(set.and("w", Integer.toString(w), "outcome", outcome))
                .register(registry);
    }

    /** Only a process that hosts the leader can tell; elsewhere it is no number, rather than a reassuring 0. */
    private void lag(String unit, String what, int id, ToDoubleFunction<ReplicaStatus> figure) {
        Gauge.builder("quorate.replication.lag." + unit, () -> leads() ? of(id, figure) : Double.NaN)
                .description(what)
                .baseUnit(unit)
                .tags(set.and("replica", Integer.toString(id)))
                .register(registry);
    }

    private void index(String name, String what, int id, ToDoubleFunction<ReplicaStatus> figure) {
        Gauge.builder(name, () -> of(id, figure))
                .description(what)
                .tags(set.and("replica", Integer.toString(id)))
                .register(registry);
    }

    private void snapshot(
            String name, String what, @Nullable String unit, int id, ToDoubleFunction<SnapshotStatus> figure) {
        Gauge.builder(
                        "quorate.snapshot." + name,
                        // Looked up each time: another takes the place of one that goes into quarantine.
                        () -> hosted.hosted(id)
                                .map(replica ->
                                        figure.applyAsDouble(replica.snapshots().status()))
                                .orElse(Double.NaN))
                .description(what)
                .baseUnit(unit)
                .tags(set.and("replica", Integer.toString(id)))
                .register(registry);
    }

    /** No number while there is none. */
    private static double ageSeconds(SnapshotStatus snapshot) {
        return snapshot.index() == 0 ? Double.NaN : (Clock.systemUTC().millis() - snapshot.writtenAtMs()) / 1e3;
    }

    private boolean leads() {
        return hosted.replayed() && hosted.asked().role() == Role.LEADER;
    }

    private double of(int id, ToDoubleFunction<ReplicaStatus> figure) {
        return hosted.replayed() ? figure.applyAsDouble(hosted.status().get(id)) : Double.NaN;
    }
}
