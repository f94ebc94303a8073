package dev.quorate.ops;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReplicaStatus;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Up when the hosted replicas belong to a formed set and know who leads it; else says who or what is awaited. */
@Readiness
@ApplicationScoped
public class LeaderKnownCheck implements HealthCheck {
    private final HostedReplicas hosted;

    LeaderKnownCheck(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("leader-known");
        Optional<String> awaiting = awaiting();
        answer.status(awaiting.isEmpty());
        awaiting.ifPresent(what -> answer.withData("awaiting", what));
        if (hosted.replayed()) {
            hosted.leader().ifPresent(leader -> answer.withData("leader", leader));
            answer.withData("setId", hosted.setId());
        }
        return answer.withData("replicaSet", hosted.replicaSet()).build();
    }

    private Optional<String> awaiting() {
        Optional<String> awaiting = hosted.awaiting();
        if (awaiting.isPresent()) {
            return awaiting;
        }
        Optional<ReplicaStatus> unformed = hosted.status().stream()
                .filter(replica -> hosted.hosted(replica.id()).isPresent())
                .filter(replica -> !replica.state().equals("formed"))
                .findFirst();
        if (unformed.isPresent()) {
            String why = unformed.get().why();
            return Optional.of(
                    why != null ? why : "replica " + unformed.get().id() + " does not belong to the set yet");
        }
        return hosted.leader().isPresent() ? Optional.empty() : Optional.of("the leader is not known yet");
    }
}
