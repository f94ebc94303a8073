package dev.quorate.ops;

import dev.quorate.replica.HostedReplicas;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;

/**
 * Down when a hosted replica stopped for good, as after a failed sync: only a new process can help. Waiting for others
 * is no reason, for a restart would bring none of them back.
 */
@Liveness
@ApplicationScoped
public class DiskAliveCheck implements HealthCheck {
    private final HostedReplicas hosted;

    DiskAliveCheck(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    @Override
    public HealthCheckResponse call() {
        Optional<String> stopped = hosted.stoppedReason();
        HealthCheckResponseBuilder answer =
                HealthCheckResponse.named("disk-alive").status(stopped.isEmpty());
        stopped.ifPresent(reason -> answer.withData("stopped", reason));
        return answer.withData("sync", hosted.sync()).build();
    }
}
