package dev.quorate.replica;

import io.smallrye.mutiny.Uni;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Replicas of one test, in one JVM, that call each other without a network. One that is not there does not answer. */
final class DirectPeers {
    private final Map<Integer, Replica> replicas = new ConcurrentHashMap<>();
    private final Function<Integer, @Nullable Replica> directory;

    DirectPeers() {
        this.directory = replicas::get;
    }

    /** Of replicas that somebody else keeps. */
    DirectPeers(Function<Integer, @Nullable Replica> directory) {
        this.directory = directory;
    }

    void put(Replica replica) {
        replicas.put(replica.id(), replica);
    }

    void remove(int id) {
        replicas.remove(id);
    }

    /** What all of them are given: {@code append(…)} becomes {@code onAppend(…)} of the envelope's addressee. */
    Peers peers() {
        return (Peers) Proxy.newProxyInstance(
                Peers.class.getClassLoader(),
                new Class<?>[] {Peers.class},
                (proxy, method, arguments) -> Uni.createFrom().deferred(() -> call(method, arguments)));
    }

    private Uni<?> call(Method method, Object[] arguments) {
        Replica to = directory.apply(((Envelope) arguments[0]).to());
        if (to == null) {
            return Uni.createFrom().failure(new PeerException("it does not run"));
        }
        String name = method.getName().equals("admit") ? "admission" : method.getName();
        String handler = "on" + name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
        Method found = Stream.of(PeerRequests.class.getMethods())
                .filter(candidate -> candidate.getName().equals(handler))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no " + handler + Arrays.toString(arguments)));
        try {
            Uni<?> answer = (Uni<?>) found.invoke(to.fromPeers(), arguments);
            return answer.onFailure(failure -> !(failure instanceof PeerException))
                    .transform(failure -> new PeerException(String.valueOf(failure.getMessage())));
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException(e);
        }
    }
}
