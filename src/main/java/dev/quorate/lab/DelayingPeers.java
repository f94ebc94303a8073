package dev.quorate.lab;

import dev.quorate.config.QuorateConfig;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.replica.Envelope;
import dev.quorate.replica.Peers;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.decorator.Decorator;
import jakarta.decorator.Delegate;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.Map;

/** Delays replication to single followers, as the original simulated it, so that a person sees them lag. */
@Decorator
@Priority(Interceptor.Priority.APPLICATION)
public abstract class DelayingPeers implements Peers {
    private final Peers delegate;
    private final Map<Integer, Duration> delays;

    @Inject
    DelayingPeers(@Delegate @Any Peers delegate, QuorateConfig config) {
        this.delegate = delegate;
        this.delays = config.lab().enabled() ? Delays.parse(config.lab().replicationDelay()) : Map.of();
    }

    @Override
    public Uni<AppendResponse> append(Envelope envelope, AppendRequest request) {
        Duration delay = delays.get(envelope.to());
        if (delay == null || request.entries().count() == 0) {
            return delegate.append(envelope, request);
        }
        return Uni.createFrom().voidItem().onItem().delayIt().by(delay).chain(() -> delegate.append(envelope, request));
    }
}
