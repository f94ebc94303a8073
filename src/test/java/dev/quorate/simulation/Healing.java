package dev.quorate.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The end of a schedule: first a majority is well while the others hear nothing, or are not heard; then all are well.
 * Each time the set must come to rest within a bounded number of ticks: that is liveness.
 */
final class Healing {
    private static final int MOST_DELIVERIES = 600;

    private final SimCluster cluster;
    private final SimSettings settings;
    private final RandomGenerator random;
    private final List<SimReplica> replicas;

    Healing(SimCluster cluster, RandomGenerator random) {
        this.cluster = cluster;
        this.settings = cluster.settings();
        this.random = random;
        this.replicas = cluster.replicas();
    }

    void heal() {
        cluster.calm();
        cluster.mend();
        cluster.clients().leave();
        List<SimReplica> sick = new ArrayList<>();
        if (settings.elects() && settings.replicas() > 2 && random.nextBoolean()) {
            sick = isolateSome();
        }
        for (SimReplica replica : replicas) {
            if (!replica.isUp()) {
                cluster.on(replica, SimReplica::restart);
            }
        }
        if (!sick.isEmpty()) {
            List<SimReplica> well = new ArrayList<>(replicas);
            well.removeAll(sick);
            comeToRest(well);
            cluster.mend();
        }
        if (!settings.elects() || members(replicas) >= settings.majority()) {
            comeToRest(replicas);
        }
    }

    private long members(List<SimReplica> some) {
        return some.stream().filter(SimReplica::isMember).count();
    }

    /** As many as the set survives, if the rest has a majority of those that count. */
    private List<SimReplica> isolateSome() {
        List<SimReplica> sick = new ArrayList<>();
        boolean deaf = random.nextBoolean();
        boolean mute = !deaf || random.nextBoolean();
        int first = random.nextInt(settings.replicas());
        int most = 1 + random.nextInt((settings.replicas() - 1) / 2);
        for (int i = 0; i < most; i++) {
            SimReplica replica = replicas.get((first + i) % settings.replicas());
            long left = members(replicas) - members(sick) - (replica.isMember() ? 1 : 0);
            if (left >= settings.majority()) {
                sick.add(replica);
                isolate(replica, deaf, mute);
            }
        }
        cluster.say(() -> "a majority is well, but not "
                + sick.stream().map(SimReplica::id).toList() + (deaf ? " deaf" : "") + (mute ? " mute" : ""));
        return sick;
    }

    private void isolate(SimReplica replica, boolean deaf, boolean mute) {
        for (int other = 0; other < settings.replicas(); other++) {
            cluster.cut()[other][replica.id()] |= deaf && other != replica.id();
            cluster.cut()[replica.id()][other] |= mute && other != replica.id();
        }
    }

    private void comeToRest(List<SimReplica> well) {
        int rounds = 30 * settings.electionTicks() + 60;
        for (int round = 0; round < rounds; round++) {
            if (atRest(well)) {
                return;
            }
            round();
        }
        throw new LivenessViolation("replicas "
                + well.stream().map(SimReplica::id).toList() + " are well, but did not come to rest: " + tell());
    }

    private void round() {
        for (SimReplica replica : replicas) {
            cluster.say(() -> "tick of replica " + replica.id());
            cluster.on(replica, ticked -> ticked.tick(1));
        }
        for (int sent = 0; sent < MOST_DELIVERIES && !cluster.inFlight().isEmpty(); sent++) {
            cluster.deliver(cluster.inFlight().remove(0));
        }
        for (SimReplica replica : replicas) {
            cluster.on(replica, SimReplica::syncBegins);
            cluster.on(replica, synced -> synced.syncEnds(true));
        }
        for (int sent = 0; sent < MOST_DELIVERIES && !cluster.inFlight().isEmpty(); sent++) {
            cluster.deliver(cluster.inFlight().remove(0));
        }
        for (SimReplica replica : replicas) {
            for (int other = 0; replica.leads() && other < settings.replicas(); other++) {
                int follower = other;
                if (other != replica.id()) {
                    cluster.on(replica, leader -> leader.failAppend(follower));
                    cluster.on(replica, leader -> leader.resume(follower));
                }
            }
        }
    }

    /** One leader that committed all it has, and everybody has that too. */
    private boolean atRest(List<SimReplica> well) {
        SimReplica leader = null;
        for (SimReplica replica : well) {
            if (replica.leads()
                    && (leader == null || replica.core().term() > leader.core().term())) {
                leader = replica;
            }
        }
        if (leader == null || leader.core().commitIndex() < leader.core().noOpIndex()) {
            return false;
        }
        for (SimReplica replica : well) {
            boolean same = replica.log().last() == leader.log().last()
                    && replica.log().syncedIndex() == replica.log().lastIndex()
                    && replica.core().commitIndex() == replica.log().lastIndex()
                    && replica.isMember()
                    && replica.core().leader() == leader.id();
            if (!same) {
                return false;
            }
        }
        return true;
    }

    private String tell() {
        StringBuilder told = new StringBuilder();
        for (SimReplica replica : replicas) {
            told.append("\n  replica ").append(replica.id()).append(replica.isMember() ? " " : " joining ");
            told.append(replica.core().role())
                    .append(" of term ")
                    .append(replica.core().term());
            told.append(", log ")
                    .append(replica.log().last())
                    .append(", synced ")
                    .append(replica.log().syncedIndex());
            told.append(", commit ").append(replica.core().commitIndex());
        }
        return told.toString();
    }
}
