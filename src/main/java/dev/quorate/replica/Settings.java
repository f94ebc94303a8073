package dev.quorate.replica;

import static dev.quorate.replica.ConfigurationException.demand;

import dev.quorate.config.QuorateConfig;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The configuration, checked and with its defaults worked out.
 *
 * @param dataDir parent of the replicas' directories
 * @param replicaSet name of the set
 * @param replicas N
 * @param hosted ids of the replicas in this process
 * @param members base URLs in id order; empty when all are in this process
 * @param wal how logs are written
 * @param election {@code auto} or {@code none}; empty for what the set was formed with
 * @param electionTimeout the least time without a leader after which a replica stands
 */
record Settings(
        Path dataDir,
        String replicaSet,
        int replicas,
        List<Integer> hosted,
        List<String> members,
        WalOptions wal,
        Optional<String> election,
        Duration electionTimeout,
        Duration heartbeatInterval,
        Duration writeTimeout,
        Duration readTimeout,
        int keySizeBytes,
        int valueSizeBytes,
        long storeSizeBytes,
        int pendingWrites,
        long uncommittedBytes,
        SnapshotOptions snapshots,
        int watchers,
        int batchSize,
        long pendingBytes,
        Duration bodyTimeout,
        Duration idempotencyRetention) {
    private static final Pattern ORDINAL = Pattern.compile(".*-(\\d{1,9})");
    private static final Duration LONGEST = Duration.ofSeconds(60);

    /** @throws ConfigurationException for the first value that cannot be */
    static Settings of(QuorateConfig config) {
        List<String> members = members(config);
        int replicas = members.isEmpty() ? config.replicas() : members.size();
        demand(
                replicas >= 1 && replicas <= 9,
                members.isEmpty() ? "quorate.replicas" : "quorate.members",
                members.isEmpty() ? replicas : replicas + " URLs",
                "1..9");
        List<Integer> hosted = members.isEmpty()
                ? IntStream.range(0, replicas).boxed().toList()
                : List.of(replicaId(config, replicas));
        String election = config.election().orElse(Membership.AUTO);
        demand(
                election.equals(Membership.AUTO) || election.equals(Membership.NONE),
                "quorate.election",
                election,
                "auto or none");
        demand(
                !config.replicaSet().isBlank() && config.replicaSet().length() <= 64,
                "quorate.replica-set",
                config.replicaSet(),
                "1..64 characters");
        return new Settings(
                config.dataDir(),
                config.replicaSet(),
                replicas,
                hosted,
                members,
                wal(config.wal()),
                config.election(),
                electionTimeout(config),
                within("quorate.heartbeat-interval", config.heartbeatInterval(), Duration.ofMillis(10), LONGEST),
                within("quorate.write-timeout", config.writeTimeout(), Duration.ofMillis(1), LONGEST),
                within("quorate.read-timeout", config.readTimeout(), Duration.ofMillis(1), LONGEST),
                (int) within("quorate.limits.key-size", config.limits().keySize(), 1, 32_767),
                (int) within(
                        "quorate.limits.value-size", config.limits().valueSize().asLongValue(), 1, 4 << 20),
                storeSize(config, hosted.size()),
                (int) within("quorate.limits.pending-writes", config.limits().pendingWrites(), 1, Integer.MAX_VALUE),
                within(
                        "quorate.limits.uncommitted",
                        config.limits().uncommitted().asLongValue(),
                        1 << 16,
                        1L << 40),
                snapshots(config.snapshot()),
                (int) within("quorate.limits.watchers", config.limits().watchers(), 0, 1_000_000),
                (int) within("quorate.limits.batch-size", config.limits().batchSize(), 1, 65_535),
                pendingBytes(config.limits()),
                bodyTimeout(config.limits()),
                within(
                        "quorate.idempotency.retention",
                        config.idempotency().retention(),
                        Duration.ofSeconds(1),
                        Duration.ofDays(3650)));
    }

    private static long pendingBytes(QuorateConfig.Limits config) {
        // A body is in memory up to three times on its way into the log, and more often where it is sent to many.
        return config.pendingBytes()
                .map(bytes -> within("quorate.limits.pending-bytes", bytes.asLongValue(), 1 << 20, 1L << 40))
                .orElse(Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 16));
    }

    private static Duration bodyTimeout(QuorateConfig.Limits config) {
        return within("quorate.limits.body-timeout", config.bodyTimeout(), Duration.ofMillis(100), Duration.ofHours(1));
    }

    private static SnapshotOptions snapshots(QuorateConfig.Snapshot config) {
        return new SnapshotOptions(
                within("quorate.snapshot.every-bytes", config.everyBytes().asLongValue(), 1 << 16, 1L << 50),
                within("quorate.snapshot.keep-entries", config.keepEntries(), 0, Integer.MAX_VALUE));
    }

    /** Whether a member is on another machine, as far as its URL tells. */
    boolean isBeyondLoopback() {
        return members.stream()
                .map(url -> String.valueOf(URI.create(url).getHost()))
                .anyMatch(host -> !isLoopback(host));
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    }

    private static List<String> members(QuorateConfig config) {
        List<String> members = config.members().orElse(List.of());
        List<String> urls = members.stream().map(Settings::member).toList();
        for (String url : urls) {
            // One process twice in the list would acknowledge twice.
            demand(
                    urls.indexOf(url) == urls.lastIndexOf(url),
                    "quorate.members",
                    String.join(",", urls),
                    "all different");
        }
        return urls;
    }

    private static String member(String text) {
        String url = text.trim().replaceAll("/+$", "");
        try {
            URI uri = URI.create(url);
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            demand(http && uri.getHost() != null, "quorate.members", text, "base URLs such as http://host:8080");
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "quorate.members has " + text + ", which is no URL: write" + " http://host:8080,http://other:8080");
        }
        return url;
    }

    private static int replicaId(QuorateConfig config, int replicas) {
        if (config.replicaId().isPresent()) {
            int id = config.replicaId().getAsInt();
            demand(id >= 0 && id < replicas, "quorate.replica-id", id, "0.." + (replicas - 1));
            return id;
        }
        Matcher pod = ORDINAL.matcher(config.podName().orElse(""));
        if (!pod.matches()) {
            throw new ConfigurationException("quorate.replica-id is not set, but quorate.members is: say which of the"
                    + " members this process is, 0.." + (replicas - 1));
        }
        return (int) within("quorate.pod-name: the pod's ordinal", Long.parseLong(pod.group(1)), 0, replicas - 1);
    }

    private static WalOptions wal(QuorateConfig.Wal wal) {
        long segment = within("quorate.wal.segment-size", wal.segmentSize().asLongValue(), 1 << 16, 1 << 30);
        demand(
                wal.sync().equals("always") || wal.sync().equals("interval"),
                "quorate.wal.sync",
                wal.sync(),
                "always or interval");
        Duration interval = within("quorate.wal.sync-interval", wal.syncInterval(), Duration.ofMillis(1), LONGEST);
        return new WalOptions((int) segment, SyncPolicy.valueOf(wal.sync().toUpperCase(Locale.ROOT)), interval);
    }

    /** Several heartbeats long, or one that is late would depose the leader. */
    private static Duration electionTimeout(QuorateConfig config) {
        Duration least = config.heartbeatInterval().multipliedBy(3);
        return within("quorate.election-timeout", config.electionTimeout(), least, LONGEST);
    }

    private static long storeSize(QuorateConfig config, int hosted) {
        return config.limits()
                .storeSize()
                .map(size -> within("quorate.limits.store-size", size.asLongValue(), 1 << 10, 1L << 50))
                .orElse(Runtime.getRuntime().maxMemory() / 10 * 6 / hosted);
    }

    private static long within(String key, long value, long least, long most) {
        demand(value >= least && value <= most, key, value, least + ".." + most);
        return value;
    }

    private static Duration within(String key, Duration value, Duration least, Duration most) {
        demand(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                key,
                value.toMillis() + "ms",
                least.toMillis() + "ms.." + most.toMillis() + "ms");
        return value;
    }
}
