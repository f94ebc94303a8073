package dev.quorate.replica;

import dev.quorate.store.Store;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Compares one replica's committed state with that of the others (protocol.md §8): a program that applies an entry in
 * another way, or a memory that forgets, shows in no checksum of a file.
 */
final class StateCheck {
    private final Replica replica;
    private final Store store;
    private final Peers peers;
    private final int replicas;

    // Loop thread only.
    private List<Integer> differing = List.of();

    StateCheck(Replica replica, Store store, Peers peers, int replicas) {
        this.replica = replica;
        this.store = store;
        this.peers = peers;
        this.replicas = replicas;
    }

    /**
     * Hashes of its own committed state. On the loop.
     *
     * @throws ReplicaException.Unavailable if it does not count in its set
     */
    StateHashes own() {
        if (!replica.membership().isFormed()) {
            throw new ReplicaException.Unavailable(replica.view().whyNot(replica.id()));
        }
        return new StateHashes(replica.id(), Store.HASH_VERSION, store.committedHashes());
    }

    /**
     * Asks all others, and emits on the loop what those that answer say of it; a difference that was not there before is
     * told. Fails with {@link ReplicaException.Unavailable} if it does not count in its set.
     */
    Uni<StateComparison> run() {
        return replica.onLoop(this::envelopes)
                .onItem()
                .transformToMulti(others -> Multi.createFrom().iterable(others))
                .onItem()
                .transformToUniAndMerge(other ->
                        peers.stateHashes(other).map(Optional::of).onFailure().recoverWithItem(Optional.empty()))
                .select()
                .where(Optional::isPresent)
                .map(Optional::orElseThrow)
                .collect()
                .asList()
                .chain(others -> replica.onLoop(() -> judge(others)));
    }

    private List<Envelope> envelopes() {
        var unused = own();
        return IntStream.range(0, replicas)
                .filter(other -> other != replica.id())
                .mapToObj(replica::envelopeTo)
                .toList();
    }

    private StateComparison judge(List<StateHashes> others) {
        StateComparison comparison = StateComparison.of(replicas, own(), others);
        if (comparison.isDifferent() && !comparison.differing().equals(differing)) {
            replica.events().stateDiffers(comparison);
        }
        if (comparison.index() > 0) {
            differing = comparison.differing();
        }
        return comparison;
    }
}
