package dev.quorate.replica;

import io.smallrye.mutiny.Uni;
import java.lang.reflect.Proxy;

/** Others that never answer. */
final class Nobody {
    private Nobody() {}

    static Peers peers() {
        return (Peers) Proxy.newProxyInstance(
                Peers.class.getClassLoader(),
                new Class<?>[] {Peers.class},
                (proxy, method, arguments) -> Uni.createFrom().failure(new PeerException("nobody is there")));
    }
}
