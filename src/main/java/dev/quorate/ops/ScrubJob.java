package dev.quorate.ops;

import dev.quorate.replica.HostedReplicas;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Has the files of the hosted replicas read again once a day, one pass at a time. */
@ApplicationScoped
public class ScrubJob {
    private final HostedReplicas hosted;

    ScrubJob(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    @Scheduled(
            identity = "scrub",
            every = "24h",
            delayed = "1h",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> scrub() {
        return hosted.scrub();
    }
}
