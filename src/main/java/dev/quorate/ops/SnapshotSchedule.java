package dev.quorate.ops;

import dev.quorate.replica.HostedReplicas;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.context.ApplicationScoped;

/** Has each hosted replica look whether its log has grown so much that a snapshot is due. */
@ApplicationScoped
public class SnapshotSchedule {
    private final HostedReplicas hosted;

    SnapshotSchedule(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    @Scheduled(every = "1s")
    void look() {
        hosted.hosted().forEach(replica -> replica.snapshots().requestIfDue());
    }
}
