package dev.quorate.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Every key of the store. Ranges are checked where the values are used, in one place: {@code replica.Settings}. */
@ConfigMapping(prefix = "quorate")
public interface QuorateConfig {
    /** One folder per hosted replica below it. */
    @WithDefault("data")
    Path dataDir();

    /** Embedded: how many replicas this process hosts, 1..9; fixed at formation. */
    @WithDefault("3")
    int replicas();

    /** Base URLs in replica-id order; when set, this process hosts one replica. */
    Optional<List<String>> members();

    /** Which of {@link #members} this process is, 0..N-1. */
    OptionalInt replicaId();

    /** The pod's name, whose number is the replica id when {@link #replicaId} is not set. */
    Optional<String> podName();

    /** Name of the set in the data directory, on the wire and in metrics. */
    @WithDefault("quorate")
    String replicaSet();

    /**
     * How leaders come to be: {@code auto} (the default of a new set) or {@code none}; fixed when the set is formed.
     */
    Optional<String> election();

    /** Time without a leader after which a replica stands, drawn from [t, 2t); 3 heartbeats..60 s. */
    @WithDefault("1s")
    Duration electionTimeout();

    /** How often a leader shows itself; 10 ms or more. */
    @WithDefault("100ms")
    Duration heartbeatInterval();

    /** How long a write waits for its replicas, 1 ms..60 s. */
    @WithDefault("2s")
    Duration writeTimeout();

    /** How long a read waits for other replicas, 1 ms..60 s. */
    @WithDefault("2s")
    Duration readTimeout();

    /** The write-ahead log. */
    Wal wal();

    /** What is refused. */
    Limits limits();

    /** When the state is written down, and the log cut. */
    Snapshot snapshot();

    /** Writes that are sent again. */
    Idempotency idempotency();

    /** Faults on purpose, for learning. */
    Lab lab();

    /** Between replicas. */
    Peer peer();

    /** The write-ahead log. */
    interface Wal {
        /** Size of a segment file, 64K..1G. */
        @WithDefault("64M")
        MemorySize segmentSize();

        /** {@code always} or {@code interval}. */
        @WithDefault("always")
        String sync();

        /** Under {@code interval}: longest time between syncs, 1 ms or more. */
        @WithDefault("100ms")
        Duration syncInterval();
    }

    /** What is refused. */
    interface Limits {
        /** Longest key in bytes of UTF-8, 1..32767. */
        @WithDefault("1024")
        int keySize();

        /** Largest value, 1..4M. */
        @WithDefault("1M")
        MemorySize valueSize();

        /** Bytes of keys and values in one replica's store; by default 60 % of the heap shared among the hosted. */
        Optional<MemorySize> storeSize();

        /** Unanswered writes, 1 or more. */
        @WithDefault("10000")
        int pendingWrites();

        /** Watchers of one replica, 0 or more. */
        @WithDefault("2000")
        int watchers();

        /** Bytes of undo tail above which new writes are refused. */
        @WithDefault("64M")
        MemorySize uncommitted();

        /** Bytes of unanswered writes above which more are refused, 1M or more; 64M, or a sixteenth of the heap if that is less. */
        Optional<MemorySize> pendingBytes();

        /** Most operations of a batch, 1..65535. */
        @WithDefault("1000")
        int batchSize();

        /** How long the body of a request may take to come, from its head on; 100 ms..1 h. */
        @WithDefault("30s")
        Duration bodyTimeout();
    }

    /** Writes that are sent again. */
    interface Idempotency {
        /** How long an outcome is remembered, in leader time; 1 s..3650 d. */
        @WithDefault("24h")
        Duration retention();
    }

    /** When the state is written down, and the log cut. */
    interface Snapshot {
        /** Growth of the log after which a snapshot is written, 64K or more. */
        @WithDefault("256M")
        MemorySize everyBytes();

        /** Entries kept in the log below a snapshot, for followers that are a little behind; 0 or more. */
        @WithDefault("10000")
        int keepEntries();
    }

    /** Faults on purpose. */
    interface Lab {
        /** Whether there are any. */
        @WithDefault("false")
        boolean enabled();

        /** Delay of replication a follower, {@code 1=200ms,2=500ms}. */
        @WithName("replication-delay")
        Optional<List<String>> replicationDelay();
    }

    /** Between replicas. */
    interface Peer {
        /** What opens {@code /replicas/…}; without it they are open to all who can connect. */
        Optional<String> secret();
    }
}
