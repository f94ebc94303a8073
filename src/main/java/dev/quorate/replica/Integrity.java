package dev.quorate.replica;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.unchecked.Unchecked;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Whether what the hosted replicas have, in files and in memory, is still what it was made to be, and what is done about it
 * where it is not. Any thread.
 */
final class Integrity {
    private static final long SCRUBBED_BYTES_PER_SECOND = 8 << 20;

    private final Scrubber scrubber = new Scrubber(SCRUBBED_BYTES_PER_SECOND);
    private final Map<Integer, String> damages = new ConcurrentSkipListMap<>();
    private final Map<Integer, String> differences = new ConcurrentSkipListMap<>();
    private final BiConsumer<Replica, String> setAside;

    /** @param setAside puts a replica into quarantine, with the reason; takes as long as the disk */
    Integrity(BiConsumer<Replica, String> setAside) {
        this.setAside = setAside;
    }

    /**
     * Reads again, slowly, what the replicas wrote long ago. One whose files are damaged goes into quarantine, as at a
     * start (protocol.md §8); one that no other can fill again, or that leads and finds nobody to hand over to, goes on
     * with what it has in memory, and {@link #damage} says so, until its files are found whole. Emits when all was read.
     */
    Uni<Void> scrub(List<Replica> replicas) {
        return each(replicas, replica -> scrubSnapshots(replica).chain(() -> scrubLog(replica)));
    }

    /** One that stops meanwhile, or does not count in its set, is passed over. */
    private static Uni<Void> each(List<Replica> replicas, Function<Replica, Uni<Void>> work) {
        return Multi.createFrom()
                .iterable(replicas)
                .onItem()
                .transformToUniAndConcatenate(replica ->
                        work.apply(replica).onFailure(ReplicaException.class).recoverWithNull())
                .onItem()
                .ignoreAsUni();
    }

    /** The replica has in memory what is lost by it, and so had better write it down again. */
    private Uni<Void> scrubSnapshots(Replica replica) {
        return replica.snapshots()
                .files()
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .map(Unchecked.function(scrubber::scrubSnapshots))
                .onItem()
                .transformToUni(damage -> {
                    if (damage.isEmpty()) {
                        return Uni.createFrom().voidItem();
                    }
                    replica.events().snapshotDecayed(String.valueOf(damage.get().getMessage()));
                    return replica.snapshots().request().replaceWithVoid();
                });
    }

    private Uni<Void> scrubLog(Replica replica) {
        return replica.coldSegments()
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .map(Unchecked.function(scrubber::scrub))
                .onItem()
                .transformToUni(damage -> {
                    if (damage.isEmpty()) {
                        damages.remove(replica.id()); // the log has let go of the damaged file since
                        return Uni.createFrom().voidItem();
                    }
                    return damaged(replica, String.valueOf(damage.get().getMessage()));
                });
    }

    private Uni<Void> damaged(Replica replica, String why) {
        damages.put(replica.id(), why);
        replica.events().damaged(why);
        return quarantine(replica, why);
    }

    /**
     * Has each replica compare its committed state with that of the others (protocol.md §8). One whose state is not that
     * of a majority goes into quarantine; where there is no majority {@link #damage} says so, until they agree again.
     */
    Uni<Void> compareStates(List<Replica> replicas) {
        return each(replicas, replica -> replica.stateCheck().run().chain(comparison -> compared(replica, comparison)));
    }

    private Uni<Void> compared(Replica replica, StateComparison comparison) {
        StateComparison.Verdict verdict = comparison.verdict();
        if (verdict == StateComparison.Verdict.UNDECIDED || verdict == StateComparison.Verdict.THIS_WRONG) {
            differences.put(replica.id(), comparison.told());
        } else if (comparison.index() > 0) {
            differences.remove(replica.id());
        }
        return verdict == StateComparison.Verdict.THIS_WRONG
                ? quarantine(replica, comparison.told())
                : Uni.createFrom().voidItem();
    }

    private Uni<Void> quarantine(Replica replica, String why) {
        if (!replica.membership().canBeRefilled()) {
            return Uni.createFrom().voidItem();
        }
        return replica.handOver(other -> true)
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .invoke(leadsNothing -> {
                    if (leadsNothing) {
                        setAside.accept(replica, why);
                    }
                })
                .replaceWithVoid();
    }

    /** What was found of a replica that has been set aside. */
    void forget(int replica) {
        damages.remove(replica);
        differences.remove(replica);
    }

    /**
     * Damage that was found in the files of a hosted replica, or in what it has in memory, and that it runs on with all the
     * same; if there is any.
     */
    Optional<String> damage() {
        return Stream.of(damages, differences)
                .flatMap(found -> found.values().stream())
                .findFirst();
    }
}
