package dev.quorate.ops;

import dev.quorate.replica.HostedReplicas;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Has the hosted replicas compare their state with the others' once a minute. */
@ApplicationScoped
public class StateComparisonJob {
    private final HostedReplicas hosted;

    StateComparisonJob(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    @Scheduled(
            identity = "compare-states",
            every = "1m",
            delayed = "1m",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> compare() {
        return hosted.compareStates();
    }
}
