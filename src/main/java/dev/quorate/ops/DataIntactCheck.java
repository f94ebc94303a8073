package dev.quorate.ops;

import dev.quorate.replica.HostedReplicas;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Down when the files of a hosted replica are damaged, or its state may be, and it runs on with what it has in memory. */
@Readiness
@ApplicationScoped
public class DataIntactCheck implements HealthCheck {
    private final HostedReplicas hosted;

    DataIntactCheck(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    @Override
    public HealthCheckResponse call() {
        Optional<String> damage = hosted.damage();
        HealthCheckResponseBuilder answer =
                HealthCheckResponse.named("data-intact").status(damage.isEmpty());
        damage.ifPresent(why -> answer.withData("damage", why));
        return answer.build();
    }
}
