package dev.quorate.simulation;

import dev.quorate.protocol.CoreEvent;
import dev.quorate.protocol.CoreOptions;
import dev.quorate.protocol.Effects;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.ReplicaCore;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Store;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** The real core and the real store over a model of the log: what a shell does, without threads, disk or network. */
final class SimReplica {
    private static final int BATCH_BYTES = 200;

    private final int id;
    private final int replicas;
    private final Consumer<Message> network;
    private final Consumer<CoreEvent> events;

    // Survives a crash.
    private final SimLog log = new SimLog();
    private HardState hardState = HardState.INITIAL;
    private long commitBound;

    // Gone with a crash.
    private ReplicaCore core;
    private Store store;
    private final List<Effects.Delayed> waiting = new ArrayList<>();
    private long syncRequested;
    private boolean up = true;

    SimReplica(int id, int replicas, Consumer<Message> network, Consumer<CoreEvent> events) {
        this.id = id;
        this.replicas = replicas;
        this.network = network;
        this.events = events;
        this.store = new Store();
        this.core = newCore();
    }

    private ReplicaCore newCore() {
        return new ReplicaCore(
                new CoreOptions(id, replicas, CoreOptions.Election.NONE, 1, 10, BATCH_BYTES),
                new SplittableRandom(id),
                hardState,
                true,
                commitBound,
                log);
    }

    int id() {
        return id;
    }

    boolean isUp() {
        return up;
    }

    SimLog log() {
        return log;
    }

    ReplicaCore core() {
        return core;
    }

    Store store() {
        return store;
    }

    void crash(RandomGenerator random) {
        up = false;
        syncRequested = 0;
        waiting.clear();
        log.crash(random);
        commitBound = Math.min(commitBound, log.lastIndex());
    }

    void restart() {
        up = true;
        store = new Store();
        for (long index = 1; index <= log.lastIndex(); index++) {
            apply(index);
        }
        store.committed(commitBound);
        core = newCore();
        if (id == 0) {
            lead();
        }
    }

    void lead() {
        perform(core.lead());
        perform(core.appended());
    }

    long write(String key, String value, int required) {
        ByteBuffer payload = MutationCodec.put(key, value.getBytes(StandardCharsets.UTF_8), null, required, 0);
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        long index = log.append(new SimLog.Item(core.term(), EntryKind.MUTATION, bytes));
        apply(index);
        perform(core.appended());
        return index;
    }

    void receive(Message message) {
        perform(core.step(message));
    }

    void heartbeat() {
        perform(core.tick(1));
    }

    void appendFailed(Message.AppendRequest request) {
        core.appendFailed(request);
    }

    void resume(int follower) {
        perform(core.resume(follower));
    }

    /** A sync begins now and covers what is in the log now; {@link #syncEnds} may come much later. */
    void syncBegins() {
        syncRequested = log.lastIndex();
    }

    void syncEnds() {
        log.syncUpTo(syncRequested);
        perform(core.synced());
        List<Effects.Delayed> ready = waiting.stream()
                .filter(delayed -> delayed.syncedIndex() <= log.syncedIndex())
                .toList();
        waiting.removeAll(ready);
        ready.forEach(delayed -> network.accept(delayed.message()));
    }

    private void perform(Effects effects) {
        HardState saved = effects.hardState();
        if (saved != null) {
            hardState = saved;
            store.termChanged();
        }
        if (effects.appendNoOp()) {
            log.append(new SimLog.Item(core.term(), EntryKind.NO_OP, new byte[0]));
        }
        Effects.LogChange change = effects.logChange();
        if (change != null) {
            change(change);
        }
        if (effects.commitIndex() >= 0) {
            store.committed(effects.commitIndex());
            commitBound = Math.min(effects.commitIndex(), log.syncedIndex());
        }
        effects.sendNow().forEach(network);
        for (Effects.Delayed delayed : effects.sendAfterSync()) {
            if (delayed.syncedIndex() <= log.syncedIndex()) {
                network.accept(delayed.message());
            } else {
                waiting.add(delayed);
            }
        }
        effects.events().forEach(events);
    }

    private void change(Effects.LogChange change) {
        if (change.truncateFrom() > 0) {
            log.truncateFrom(change.truncateFrom());
            // What was being synced of the removed tail says nothing of what takes its place.
            syncRequested = Math.min(syncRequested, change.truncateFrom() - 1);
            store.undoFrom(change.truncateFrom());
        }
        SimLog.Batch entries = (SimLog.Batch) change.entries();
        for (int offset = change.skip(); offset < entries.count(); offset++) {
            apply(log.append(entries.items().get(offset)));
        }
        store.logAdvanced(log.lastPosition());
    }

    private void apply(long index) {
        SimLog.Item item = log.get(index);
        if (item.kind() == EntryKind.MUTATION) {
            store.apply(item.term(), index, ByteBuffer.wrap(item.payload()));
        }
    }
}
