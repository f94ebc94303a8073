package dev.quorate.replica;

import dev.quorate.config.QuorateConfig;
import dev.quorate.log.DataDirectory;
import dev.quorate.log.SyncPolicy;
import dev.quorate.protocol.Role;
import dev.quorate.protocol.Stage;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The replicas that this process hosts: one of several processes', or all of them. Opened and closed by {@code ops}. */
@ApplicationScoped
public class HostedReplicas {
    private static final Logger LOG = Logger.getLogger(HostedReplicas.class);

    /** The longest log; of equal ones the lowest id, as people expect replica 0 to lead. */
    private static final Comparator<Replica> FURTHEST = Comparator.comparing(
                    (Replica replica) -> replica.view().last())
            .thenComparing(Replica::id, Comparator.reverseOrder());

    /** One that was deposed and does not know it yet has an older term. */
    private static final Comparator<Replica> LATEST = Comparator.comparing(
                    (Replica replica) -> replica.role() == Role.LEADER)
            .thenComparing(Replica::term)
            .thenComparing(Replica::id, Comparator.reverseOrder());

    private final QuorateConfig config;
    private final Peers peers;
    private final ReplicaListener listener;
    private final ClusterEvents events;
    private final EntryCodec entryCodec = new WalEntryCodec();
    private final Integrity integrity = new Integrity(this::setAsideOrEnd);
    private volatile List<Replica> replicas = List.of();
    private Function<Integer, Replica> opener = id -> {
        throw new IllegalStateException("not open");
    };
    private Consumer<String> fatal = reason -> {};
    private volatile String loopbackUrl = "";
    private boolean stopped;
    private final Settings settings;
    private final Intake intake;
    private final Intake answers;

    HostedReplicas(QuorateConfig config, Peers peers, ReplicaListener listener, ClusterEvents events) {
        this.listener = listener;
        this.events = events;
        this.config = config;
        this.settings = Settings.of(config);
        this.intake = new Intake(settings.pendingWrites(), settings.pendingBytes());
        this.answers = new Intake(settings.pendingWrites(), settings.pendingBytes());
        this.peers = peers;
    }

    // ---- life ------------------------------------------------------------------------------------------------------

    /**
     * Opens every hosted replica's directory and reads its log back.
     *
     * @param narrate whether keys and values are told in the log
     * @param onFatal told when a replica stopped for good
     * @throws UncheckedIOException if one cannot be opened; all are closed again then
     */
    public void open(boolean narrate, Consumer<String> onFatal) {
        if (settings.wal().sync() == SyncPolicy.INTERVAL) {
            LOG.warn("quorate.wal.sync is interval: one power failure can undo writes that were acknowledged");
        }
        if (peerSecret().isEmpty() && settings.isBeyondLoopback()) {
            LOG.warn("quorate.peer.secret is not set: whoever can connect can speak as a replica");
        }
        fatal = onFatal;
        opener = id -> {
            try {
                return Replica.open(options(id, narrate), peers, listener, events, reason -> stopped(id, reason));
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        };
        List<Replica> opened = new ArrayList<>();
        try {
            for (int id : settings.hosted()) {
                opened.add(opener.apply(id));
            }
        } catch (RuntimeException e) {
            opened.forEach(Replica::stop);
            throw e;
        }
        replicas = List.copyOf(opened);
    }

    /** On the loop of a replica that has stopped for good. */
    private void stopped(int id, String reason) {
        Optional<Replica> refillable = hosted(id).filter(Replica::isRefillable);
        if (refillable.isEmpty()) {
            fatal.accept(reason);
        } else {
            Infrastructure.getDefaultWorkerPool().execute(() -> setAsideOrEnd(refillable.get(), reason));
        }
    }

    /** One that was closed and cannot be opened again has stopped for good. */
    private void setAsideOrEnd(Replica replica, String why) {
        try {
            setAside(replica, why);
        } catch (IOException | RuntimeException e) {
            fatal.accept(why + "; and replica " + replica.id() + " cannot be set aside: " + e.getMessage());
        }
    }

    private ReplicaOptions options(int id, boolean narrate) {
        Path directory = settings.dataDir().resolve("replica-" + id);
        return new ReplicaOptions(
                settings.replicaSet(),
                settings.replicas(),
                id,
                directory,
                settings.wal(),
                settings.election(),
                settings.electionTimeout(),
                settings.heartbeatInterval(),
                settings.storeSizeBytes(),
                settings.pendingWrites(),
                settings.uncommittedBytes(),
                settings.snapshots(),
                settings.idempotencyRetention(),
                narrate);
    }

    /** Has the replicas take part, now that this process answers at that base URL on its own machine. */
    public void start(String ownLoopbackUrl) {
        loopbackUrl = ownLoopbackUrl;
        Optional<Replica> first =
                settings.members().isEmpty() ? replicas.stream().max(FURTHEST) : Optional.empty();
        replicas.forEach(replica -> replica.start(first.isPresent() && first.get() == replica));
    }

    /**
     * Hands over what this process leads to a replica of another one. Emits whether this process leads nothing then;
     * false where there was nobody to take it, within twice {@link #transferTimeout}.
     */
    public Uni<Boolean> handOver() {
        Optional<Replica> leading = replicas.stream()
                .filter(replica -> replica.role() == Role.LEADER)
                .findFirst();
        if (leading.isEmpty()) {
            return Uni.createFrom().item(true);
        }
        return leading.get()
                .handOver(other -> hosted(other).isEmpty())
                .ifNoItem()
                .after(transferTimeout().multipliedBy(2))
                .recoverWithItem(false);
    }

    /** As {@link Integrity#scrub}. */
    public Uni<Void> scrub() {
        return integrity.scrub(replicas);
    }

    /** As {@link Integrity#compareStates}. */
    public Uni<Void> compareStates() {
        return integrity.compareStates(replicas);
    }

    private synchronized void setAside(Replica replica, String why) throws IOException {
        if (stopped || !replicas.contains(replica)) {
            return;
        }
        replica.stop();
        try (DataDirectory directory =
                DataDirectory.open(options(replica.id(), false).directory())) {
            directory.condemn(why);
        }
        Replica again = opener.apply(replica.id());
        replicas = replicas.stream()
                .map(hosted -> hosted == replica ? again : hosted)
                .toList();
        integrity.forget(replica.id());
        again.start(false);
    }

    /** As {@link Integrity#damage}. */
    public Optional<String> damage() {
        return integrity.damage();
    }

    /** Ends all watches, now and later: an ordered stop would else wait for readers that never end. */
    public void endWatches() {
        replicas.forEach(replica -> replica.reads().endWatches("the process is stopping"));
    }

    /** Ends them in order. */
    public synchronized void stop() {
        stopped = true;
        replicas.forEach(Replica::stop);
    }

    // ---- the set ---------------------------------------------------------------------------------------------------

    /** N. */
    public int replicas() {
        return settings.replicas();
    }

    /** The set's name. */
    public String replicaSet() {
        return settings.replicaSet();
    }

    /** The set's id, in hexadecimal; empty until it is formed. */
    public String setId() {
        ReplicaView view = asked().view();
        return view.stage() == Stage.FORMED ? String.format("%016x", view.setId()) : "";
    }

    /** {@code always} or {@code interval}. */
    public String sync() {
        return settings.wal().sync().name().toLowerCase(Locale.ROOT);
    }

    /** How many machines, at most, can fail apart: 1 when one process hosts all. */
    public int failureDomains() {
        return settings.members().isEmpty() ? 1 : settings.replicas();
    }

    /** How long a write waits unless its request says otherwise. */
    public Duration writeTimeout() {
        return settings.writeTimeout();
    }

    /** How long a read waits. */
    public Duration readTimeout() {
        return settings.readTimeout();
    }

    /** How long handing leadership over takes at most: two election time-outs, and some for the votes. */
    public Duration transferTimeout() {
        return settings.electionTimeout().multipliedBy(3);
    }

    /** How long a heartbeat waits for its answer: one that hangs must not cost the leader its followers. */
    public Duration heartbeatTimeout() {
        return settings.electionTimeout().dividedBy(2);
    }

    /** How many watchers a replica may have. */
    public int watchers() {
        return settings.watchers();
    }

    /** How many watch the hosted replicas. */
    public int watching() {
        return replicas.stream().mapToInt(replica -> replica.reads().watching()).sum();
    }

    /** Longest key, in bytes of UTF-8. */
    public int keySizeBytes() {
        return settings.keySizeBytes();
    }

    /** Largest value, in bytes. */
    public int valueSizeBytes() {
        return settings.valueSizeBytes();
    }

    /** Most operations of a batch. */
    public int batchSize() {
        return settings.batchSize();
    }

    /** How long the body of a request may take to come. */
    public Duration bodyTimeout() {
        return settings.bodyTimeout();
    }

    /** What bounds the writes of this process that are not answered yet, and the bodies that are on their way. */
    public Intake intake() {
        return intake;
    }

    /** What bounds the bytes of answers that were made and not taken yet: as many as those of {@link #intake}. */
    public Intake answers() {
        return answers;
    }

    /** The secret that opens {@code /replicas}, if there is one. */
    public Optional<String> peerSecret() {
        return config.peer().secret();
    }

    /** Whether somebody who gives this secret, or none, may do what replicas do among each other. */
    public boolean isOpenTo(@Nullable String secret) {
        Optional<String> expected = peerSecret();
        return expected.isEmpty()
                || (secret != null
                        && MessageDigest.isEqual(
                                secret.getBytes(StandardCharsets.UTF_8),
                                expected.get().getBytes(StandardCharsets.UTF_8)));
    }

    /** Base URL of a replica, wherever it is. */
    public String url(int replica) {
        return settings.members().isEmpty() ? loopbackUrl : settings.members().get(replica);
    }

    /** How entries become bytes. */
    public EntryCodec entryCodec() {
        return entryCodec;
    }

    // ---- the replicas ----------------------------------------------------------------------------------------------

    /** A replica of this process. */
    public Optional<Replica> hosted(int id) {
        return replicas.stream().filter(replica -> replica.id() == id).findFirst();
    }

    /** All of this process. */
    public List<Replica> hosted() {
        return replicas;
    }

    /** The replica that answers for this process: the leader if it is here, else the lowest of the latest term. */
    public Replica asked() {
        return replicas.stream().max(LATEST).orElseThrow();
    }

    /** Who leads, as this process knows. */
    public OptionalInt leader() {
        int leader = asked().view().leader();
        return leader < 0 ? OptionalInt.empty() : OptionalInt.of(leader);
    }

    /** Every replica as {@link #asked} sees it, in id order. */
    public List<ReplicaStatus> status() {
        Replica asked = asked();
        List<ReplicaStatus> all = new ArrayList<>();
        for (int id = 0; id < replicas(); id++) {
            all.add(hosted(id).isPresent() ? own(hosted(id).get(), asked) : other(id, asked));
        }
        return all;
    }

    private ReplicaStatus own(Replica replica, Replica asked) {
        ReplicaView view = replica.view();
        long leadersLast = asked.view().last().index();
        boolean leads = asked.role() == Role.LEADER && asked != replica;
        return new ReplicaStatus(
                replica.id(),
                url(replica.id()),
                view.role(),
                state(view),
                view.stopped() != null ? view.stopped() : view.obstacle(replica.id()),
                true,
                view.last().index(),
                view.commitIndex(),
                view.last().index(),
                leads ? Math.max(0, leadersLast - view.last().index()) : 0,
                leads ? asked.health(replica.id()).lagMillis(leadersLast) : 0,
                replica.snapshots().status());
    }

    private static String state(ReplicaView view) {
        if (view.stopped() != null) {
            return "stopped";
        }
        return view.quarantined() != null ? "quarantined" : view.stage().name().toLowerCase(Locale.ROOT);
    }

    private ReplicaStatus other(int id, Replica asked) {
        PeerHealth health = asked.health(id);
        boolean asker = asked.role() == Role.LEADER;
        boolean leads = asked.view().leader() == id;
        long leadersLast = asked.view().last().index();
        return new ReplicaStatus(
                id,
                url(id),
                leads ? Role.LEADER : Role.FOLLOWER,
                !health.isReachable() ? "unknown" : health.counts() ? "formed" : "joining",
                null,
                health.isReachable(),
                health.lastIndex(),
                health.commitIndex(),
                health.lastIndex(),
                asker ? Math.max(0, leadersLast - health.lastIndex()) : 0,
                asker ? health.lagMillis(leadersLast) : 0,
                null);
    }

    // ---- health ----------------------------------------------------------------------------------------------------

    /** Whether every hosted replica has read its log back. */
    public boolean replayed() {
        return !replicas.isEmpty();
    }

    /** Why a hosted replica stopped for good, if one did. */
    public Optional<String> stoppedReason() {
        return replicas.stream()
                .map(replica -> Optional.ofNullable(replica.view().stopped()))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** What the asked replica waits for, if it does. */
    public Optional<String> awaiting() {
        return replicas.isEmpty()
                ? Optional.of("the log is being read back")
                : Optional.ofNullable(asked().view().obstacle(asked().id()));
    }

    /** Writes that wait for replicas. */
    public int pendingWaits() {
        return replicas.stream()
                .mapToInt(replica -> replica.view().pendingWaits())
                .sum();
    }

    /** Of the syncs under way the one that has taken longest, so far; zero where there is none. */
    public Duration longestSyncRunning() {
        return replicas.stream()
                .map(Replica::syncRunning)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
    }

    /** Bytes of the log files in use. */
    public long walBytes() {
        return replicas.stream().mapToLong(replica -> replica.view().walBytes()).sum();
    }
}
