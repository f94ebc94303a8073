package dev.quorate.simulation;

import java.util.List;
import java.util.SplittableRandom;

/**
 * What an operator does when a majority is gone for good (protocol.md §6): all lose their disks but one, which is
 * recovered while it is down. What only the others had is lost; all else is as it was. A new set forms around that log,
 * while things go wrong once more, and comes to rest.
 */
final class SimRecovery {
    private final SimCluster cluster;
    private final SplittableRandom random;
    private final List<SimReplica> replicas;

    SimRecovery(SimCluster cluster, SplittableRandom random) {
        this.cluster = cluster;
        this.random = random;
        this.replicas = cluster.replicas();
    }

    void run() {
        boolean elects = cluster.settings().elects();
        SimReplica kept = replicas.get(elects ? random.nextInt(replicas.size()) : 0);
        cluster.say(() -> "all disks are lost but that of replica " + kept.id() + ", which is recovered");
        cluster.endAll();
        for (SimReplica replica : replicas) {
            if (replica != kept) {
                replica.wipe();
            }
        }
        kept.recover();
        cluster.begins(kept);
        for (int step = random.nextInt(200); step > 0; step--) {
            cluster.step();
        }
        new Healing(cluster, random).heal();
    }
}
