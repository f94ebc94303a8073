package dev.quorate.simulation;

import dev.quorate.protocol.CoreEvent;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Position;
import dev.quorate.store.KeyRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;

/** Replicas, the messages between them, what clients were told, and the checks of protocol.md §9 after every step. */
final class SimCluster {
    private static final int KEYS = 4;

    private final SplittableRandom random;
    private final List<SimReplica> replicas = new ArrayList<>();
    private final List<Message> inFlight = new ArrayList<>();
    private final Set<Integer> pausedStreams = new HashSet<>();
    private final List<Write> pending = new ArrayList<>();
    private final List<Write> acknowledged = new ArrayList<>();
    private final Set<Class<?>> eventsSeen = new HashSet<>();
    private final List<String> trace = new ArrayList<>();
    private int writes;

    /** A write a client asked for. */
    record Write(Position version, String key, String value, int required) {}

    SimCluster(long seed, int size) {
        this.random = new SplittableRandom(seed);
        for (int id = 0; id < size; id++) {
            replicas.add(new SimReplica(id, size, inFlight::add, event -> saw(event)));
        }
        leader().lead();
    }

    private void saw(CoreEvent event) {
        eventsSeen.add(event.getClass());
        trace.add("    " + event);
    }

    SimReplica leader() {
        return replicas.get(0);
    }

    List<SimReplica> replicas() {
        return replicas;
    }

    List<Message> inFlight() {
        return inFlight;
    }

    List<String> trace() {
        return trace;
    }

    Set<Class<?>> eventsSeen() {
        return eventsSeen;
    }

    int acknowledgedCount() {
        return acknowledged.size();
    }

    /** One random thing happens, then everything is checked. */
    void step() {
        switch (random.nextInt(20)) {
            case 0, 1, 2 -> write();
            case 3, 4, 5, 6, 7 -> deliver(true);
            case 8 -> deliver(false);
            case 9 -> drop();
            case 10, 11 -> pick().ifUp(SimReplica::syncBegins);
            case 12, 13, 14 -> pick().ifUp(SimReplica::syncEnds);
            case 15 -> leaderUp(SimReplica::heartbeat);
            case 16, 17 -> resume();
            case 18 -> crash();
            default -> restart();
        }
        check();
    }

    private Picked pick() {
        return new Picked(replicas.get(random.nextInt(replicas.size())));
    }

    private record Picked(SimReplica replica) {
        void ifUp(java.util.function.Consumer<SimReplica> action) {
            if (replica.isUp()) {
                action.accept(replica);
            }
        }
    }

    private void leaderUp(java.util.function.Consumer<SimReplica> action) {
        new Picked(leader()).ifUp(action);
    }

    private void write() {
        leaderUp(leader -> {
            int required = 1 + random.nextInt(replicas.size());
            String key = "k" + random.nextInt(KEYS);
            String value = "v" + writes++;
            long index = leader.write(key, value, required);
            pending.add(new Write(new Position(leader.core().term(), index), key, value, required));
            trace.add("write " + pending.get(pending.size() - 1));
        });
    }

    private void deliver(boolean once) {
        if (inFlight.isEmpty()) {
            return;
        }
        int at = random.nextInt(inFlight.size());
        Message message = once ? inFlight.remove(at) : inFlight.get(at);
        deliver(message);
    }

    void deliver(Message message) {
        SimReplica to = replicas.get(message.to());
        if (to.isUp()) {
            trace.add("deliver " + message);
            to.receive(message);
        }
    }

    private void drop() {
        if (!inFlight.isEmpty()) {
            trace.add("drop " + inFlight.remove(random.nextInt(inFlight.size())));
        }
    }

    /** A request that got no answer failed, sooner or later; after a pause its stream goes on. */
    private void resume() {
        if (!leader().isUp() || replicas.size() == 1) {
            return;
        }
        int follower = 1 + random.nextInt(replicas.size() - 1);
        if (pausedStreams.remove(follower)) {
            leader().resume(follower);
        } else {
            long sequence = 1 + random.nextLong(40);
            leader().appendFailed(new AppendRequest(
                    0, follower, leader().core().term(), sequence, Position.NONE, 0, new SimLog.Batch(1, List.of())));
            pausedStreams.add(follower);
        }
    }

    private void crash() {
        pick().ifUp(replica -> {
            trace.add("crash " + replica.id());
            if (replica == leader()) {
                settlePending();
                pending.clear();
                pausedStreams.clear();
            }
            replica.crash(random);
        });
    }

    private void restart() {
        for (SimReplica replica : replicas) {
            if (!replica.isUp()) {
                trace.add("restart " + replica.id());
                replica.restart();
                return;
            }
        }
    }

    // ---- checks ----------------------------------------------------------------------------------------------------

    void check() {
        settlePending();
        for (SimReplica replica : replicas) {
            if (replica.isUp()) {
                checkState(replica);
            }
        }
        checkCommittedPrefixes();
        checkNothingLost();
    }

    /** A write is acknowledged as soon as the leader's waits would be: §2.6. */
    private void settlePending() {
        SimReplica leader = leader();
        if (!leader.isUp()) {
            return;
        }
        pending.removeIf(write -> {
            long covered = leader.core().coveredBy(write.required());
            boolean done = covered >= write.version().index()
                    && covered >= leader.core().noOpIndex()
                    && leader.core().commitIndex() >= write.version().index();
            if (done) {
                acknowledged.add(write);
                checkReallyDurable(write);
            }
            return done;
        });
    }

    private void checkReallyDurable(Write write) {
        long holders = replicas.stream()
                .filter(replica ->
                        replica.log().syncedIndex() >= write.version().index())
                .filter(replica -> replica.log().termAt(write.version().index())
                        == write.version().term())
                .count();
        if (holders < write.required()) {
            throw new SafetyViolation(write + " was acknowledged, but only " + holders + " replicas have it");
        }
    }

    private void checkNothingLost() {
        SimLog log = leader().log();
        for (Write write : acknowledged) {
            if (log.termAt(write.version().index()) != write.version().term()) {
                throw new SafetyViolation("the leader's log lost the acknowledged " + write);
            }
        }
    }

    /** Every store is exactly what its log says, whatever was undone on the way. */
    private void checkState(SimReplica replica) {
        Map<String, String> expected = new HashMap<>();
        Map<String, Long> versions = new HashMap<>();
        for (long index = 1; index <= replica.log().lastIndex(); index++) {
            SimLog.Item item = replica.log().get(index);
            if (item.payload().length > 0) {
                var put = SimMutations.decode(item.payload());
                expected.put(put.key(), put.value());
                versions.put(put.key(), index);
            }
        }
        for (int k = 0; k < KEYS; k++) {
            String key = "k" + k;
            KeyRecord record = replica.store().get(key);
            String value = record == null ? null : new String(record.value(), StandardCharsets.UTF_8);
            Long version = record == null ? null : (Long) record.index();
            if (!Objects.equals(value, expected.get(key)) || !Objects.equals(version, versions.get(key))) {
                throw new SafetyViolation("replica " + replica.id() + " shows " + key + "=" + value + " of " + version
                        + ", but its log says " + expected.get(key) + " of " + versions.get(key));
            }
        }
    }

    private void checkCommittedPrefixes() {
        for (SimReplica replica : replicas) {
            long shared = Math.min(replica.core().commitIndex(), leader().log().lastIndex());
            if (replica.isUp() && replica.core().commitIndex() > leader().log().lastIndex()) {
                throw new SafetyViolation("replica " + replica.id() + " committed what the leader does not have");
            }
            for (long index = 1; replica.isUp() && index <= shared; index++) {
                if (replica.log().termAt(index) != leader().log().termAt(index)) {
                    throw new SafetyViolation("replica " + replica.id() + " committed another entry at " + index);
                }
            }
        }
    }

    // ---- healing ---------------------------------------------------------------------------------------------------

    /** All come back and messages flow: the logs must become equal. */
    void healAndConverge() {
        replicas.stream().filter(replica -> !replica.isUp()).forEach(SimReplica::restart);
        for (int round = 0; round < 400; round++) {
            if (converged()) {
                return;
            }
            for (int follower = 1; follower < replicas.size(); follower++) {
                leader().resume(follower);
            }
            for (long sequence = 1; inFlight.isEmpty() && sequence < 400; sequence++) {
                failWhatNobodyAnswers(sequence);
            }
            leader().heartbeat();
            while (!inFlight.isEmpty()) {
                deliver(inFlight.remove(0));
            }
            replicas.forEach(SimReplica::syncBegins);
            replicas.forEach(SimReplica::syncEnds);
            check();
        }
        throw new LivenessViolation("the logs did not become equal");
    }

    private void failWhatNobodyAnswers(long sequence) {
        for (int follower = 1; follower < replicas.size(); follower++) {
            leader().appendFailed(new AppendRequest(
                    0, follower, leader().core().term(), sequence, Position.NONE, 0, new SimLog.Batch(1, List.of())));
            leader().resume(follower);
        }
    }

    private boolean converged() {
        SimLog log = leader().log();
        return replicas.stream()
                .allMatch(replica -> replica.log().lastIndex() == log.lastIndex()
                        && replica.log().syncedIndex() == log.lastIndex()
                        && replica.log().lastPosition().equals(log.lastPosition())
                        && replica.core().commitIndex() == log.lastIndex());
    }
}
