package dev.quorate.simulation;

import dev.quorate.protocol.CoreOptions.Election;
import java.util.random.RandomGenerator;

/**
 * What one schedule is like. Drawn from its seed, so that some are long and quiet and others short and wild: a mix of
 * everything at once would see less (swarm testing).
 *
 * @param keptPercent how likely a crash leaves an entry that was not synced
 * @param bouncedPercent how likely a replica crashes and comes back right after it promised something
 * @param keptEntries how many entries that a snapshot covers are kept for followers
 * @param slowDisk a replica whose syncs seldom end, or {@link SimEntry#NOBODY}
 * @param speeds how fast each replica's clock runs, against the others'
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
        int keptEntries,
        int slowDisk,
        int[] speeds,
        int[] weights,
        Flaw flaw) {
    /** What may happen next. */
    enum Action {
        DELIVER(150, 300),
        TICK(30, 80),
        SYNC_ENDS(30, 120),
        WRITE(5, 60),
        RETRY(0, 10),
        GIVE_UP(0, 4),
        LINEARIZABLE_READ(0, 50),
        QUORUM_READ(0, 30),
        REPAIR(0, 12),
        FAIL_APPEND(5, 20),
        RESUME(10, 30),
        RESTART(2, 8),
        MEND(1, 5),
        SNAPSHOT(0, 24),
        CRASH(0, 8, true),
        CRASH_WITHIN(0, 6, true),
        WIPE(0, 4, true),
        CUT(0, 6, true),
        TRANSFER(0, 6, true),
        STAND(0, 2, true),
        STORM(0, 6, true),
        COUP(0, 6, true),
        BOUNCE(0, 8, true);

        private final int least;
        private final int most;
        private final boolean trouble;

        Action(int least, int most) {
            this(least, most, false);
        }

        Action(int least, int most, boolean trouble) {
            this.least = least;
            this.most = most;
            this.trouble = trouble;
        }

        /** Whether something goes wrong by it. */
        boolean isTrouble() {
            return trouble;
        }
    }

    static SimSettings draw(RandomGenerator random, Flaw flaw) {
        int replicas = 1 + random.nextInt(6);
        replicas = replicas == 6 ? 3 : replicas;
        int[] weights = new int[Action.values().length];
        int trouble = 1 << random.nextInt(4);
        for (Action action : Action.values()) {
            int weight = action.least + random.nextInt(action.most - action.least + 1);
            weights[place(action)] = action.trouble ? trouble * weight : 2 * weight;
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
                100 + random.nextInt(random.nextInt(4) == 0 ? 2_400 : 800),
                wild ? random.nextInt(30) : 0,
                wild ? random.nextInt(50) : 0,
                random.nextInt(3) == 0 ? 0 : random.nextInt(60),
                random.nextInt(101),
                random.nextInt(3) == 0 ? random.nextInt(30) : 0,
                random.nextInt(10) == 0,
                random.nextInt(2) * random.nextInt(8),
                random.nextInt(4) == 0 ? random.nextInt(replicas) : SimEntry.NOBODY,
                random.ints(replicas, 1, random.nextBoolean() ? 2 : 12).toArray(),
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
                0,
                SimEntry.NOBODY,
                new int[0],
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
