package dev.quorate.simulation;

import dev.quorate.protocol.CoreOptions.Election;
import java.util.random.RandomGenerator;

/**
 * What one schedule is like. Drawn from its seed, so that some are long and quiet and others short and wild: a mix of
 * everything at once would see less (swarm testing).
 *
 * @param keptPercent how likely a crash leaves an entry that was not synced
 * @param bouncedPercent how likely a replica crashes and comes back right after it promised something
 * @param slowDisk a replica whose syncs seldom end, or {@link SimEntry#NOBODY}
 * @param hasty a replica whose ticks come twice as often, or {@link SimEntry#NOBODY}
 * @param weights how often each {@link Action} is chosen, by ordinal
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record SimSettings(
        int replicas,
        Election election,
        int heartbeatTicks,
        int electionTicks,
        int steps,
        int lostPercent,
        int doubledPercent,
        int reorderedPercent,
        int keptPercent,
        int bouncedPercent,
        boolean fullDisks,
        int slowDisk,
        int hasty,
        int[] weights,
        Flaw flaw) {
    /** What may happen next. */
    enum Action {
        DELIVER(120, 300),
        TICK(40, 90),
        SYNC_BEGINS(30, 60),
        SYNC_ENDS(30, 60),
        WRITE(15, 60),
        RETRY(0, 8),
        GIVE_UP(0, 3),
        LINEARIZABLE_READ(0, 15),
        QUORUM_READ(0, 30),
        REPAIR(0, 12),
        CRASH(0, 8),
        CRASH_WITHIN(0, 6),
        RESTART(4, 12),
        WIPE(0, 3),
        CUT(0, 5),
        MEND(2, 10),
        FAIL_APPEND(5, 20),
        RESUME(10, 30),
        TRANSFER(0, 6),
        STAND(0, 2),
        STORM(0, 6),
        COUP(0, 4),
        BOUNCE(0, 10);

        private final int least;
        private final int most;

        Action(int least, int most) {
            this.least = least;
            this.most = most;
        }
    }

    static SimSettings draw(RandomGenerator random, Flaw flaw) {
        int replicas = 1 + random.nextInt(6);
        replicas = replicas == 6 ? 3 : replicas;
        int[] weights = new int[Action.values().length];
        for (Action action : Action.values()) {
            weights[place(action)] = action.least + random.nextInt(action.most - action.least + 1);
            if (action.least == 0 && random.nextInt(3) == 0) {
                weights[place(action)] = 0;
            }
        }
        int heartbeat = 1 + random.nextInt(2);
        boolean wild = random.nextBoolean();
        return new SimSettings(
                replicas,
                random.nextInt(8) == 0 ? Election.NONE : Election.AUTO,
                heartbeat,
                heartbeat * 2 + random.nextInt(4),
                100 + random.nextInt(random.nextInt(4) == 0 ? 2_000 : 500),
                wild ? random.nextInt(30) : 0,
                wild ? random.nextInt(50) : 0,
                random.nextInt(3) == 0 ? 0 : random.nextInt(60),
                random.nextInt(101),
                random.nextInt(3) == 0 ? random.nextInt(30) : 0,
                random.nextInt(10) == 0,
                random.nextInt(4) == 0 ? random.nextInt(replicas) : SimEntry.NOBODY,
                random.nextInt(3) == 0 ? random.nextInt(replicas) : SimEntry.NOBODY,
                weights,
                flaw);
    }

    /** A calm set for scripts. */
    static SimSettings scripted(int replicas, Election election) {
        return new SimSettings(
                replicas,
                election,
                1,
                10,
                0,
                0,
                0,
                0,
                0,
                0,
                false,
                SimEntry.NOBODY,
                SimEntry.NOBODY,
                new int[0],
                Flaw.NONE);
    }

    boolean elects() {
        return election == Election.AUTO;
    }

    int majority() {
        return replicas / 2 + 1;
    }

    Action pick(RandomGenerator random) {
        int sum = 0;
        for (int weight : weights) {
            sum += weight;
        }
        int drawn = random.nextInt(sum);
        for (Action action : Action.values()) {
            drawn -= weights[place(action)];
            if (drawn < 0) {
                return action;
            }
        }
        throw new IllegalStateException("the weights do not add up");
    }

    @SuppressWarnings("EnumOrdinal") // the array is as long as the enum
    private static int place(Action action) {
        return action.ordinal();
    }
}
