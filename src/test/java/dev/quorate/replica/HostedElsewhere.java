package dev.quorate.replica;

import dev.quorate.config.QuorateConfig;
import jakarta.enterprise.inject.Vetoed;
import java.lang.reflect.Proxy;
import java.util.Map;

/** Replicas that are all said to live at one address, so that what answers there can be odd. Opens nothing. */
@Vetoed
public class HostedElsewhere extends HostedReplicas {
    private final String url;

    /** With the address of everybody. */
    public HostedElsewhere(String url) {
        super(config(), nobody(), new SilentListener(), new ClusterEvents());
        this.url = url;
    }

    private static QuorateConfig config() {
        return Configurations.of(Map.of("quorate.replicas", "3"));
    }

    private static Peers nobody() {
        return (Peers) Proxy.newProxyInstance(
                Peers.class.getClassLoader(), new Class<?>[] {Peers.class}, (proxy, method, arguments) -> {
                    throw new UnsupportedOperationException(method.getName());
                });
    }

    @Override
    public String url(int replica) {
        return url;
    }
}
