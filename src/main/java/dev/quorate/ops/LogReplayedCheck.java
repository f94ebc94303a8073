package dev.quorate.ops;

import dev.quorate.replica.HostedReplicas;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/** Up once every hosted replica has read its log back; until then nobody may take its silence for a hang. */
@Startup
@ApplicationScoped
public class LogReplayedCheck implements HealthCheck {
    private final HostedReplicas hosted;

    LogReplayedCheck(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("log-replayed")
                .status(hosted.replayed())
                .withData("replicaSet", hosted.replicaSet())
                .withData("hosted", hosted.hosted().size())
                .build();
    }
}
