package dev.quorate.replica;

import dev.quorate.log.Shortening;
import dev.quorate.simulation.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Log, store and snapshots of a replica against a plain list and plain maps, under random commands among which are kills and
 * power failures, at rest and in the middle of the next commands. A failing sequence is shortened, and printed with its
 * seed: {@code ./mvnw test -Dtest=StorageModelTest -Dstorage.seed=N} replays it. The seeds begin at the commit; there are
 * as many as {@code -Dstorage.seeds} says.
 */
@Execution(ExecutionMode.CONCURRENT)
class StorageModelTest {
    private static final int SEEDS = Integer.getInteger("storage.seeds", 24);
    private static final int COMMANDS = 60;
    private static final int LATEST_STEP = 25;

    @TempDir
    Path directory;

    private int runs;
    private int crashes;

    private enum Kind {
        WRITE,
        WRITE_LARGE,
        BATCH,
        ADMIT,
        LEAD,
        SYNC,
        COMMIT,
        COMMIT_UNSYNCED,
        REPLACE,
        SNAPSHOT,
        BEGIN_SNAPSHOT,
        INSTALL_OF_SAME,
        INSTALL_OF_OTHER,
        REOPEN,
        KILL,
        LOSE_POWER,
        KILL_SOON,
        LOSE_POWER_SOON
    }

    /** @param chance decides whatever the command leaves open */
    private record Command(Kind kind, long chance) {
        @Override
        public String toString() {
            return kind + "(" + chance + ")";
        }
    }

    @Test
    void holdsWhatAListAndMapsHold(TestReporter reporter) throws IOException {
        Long single = Long.getLong("storage.seed");
        long first = single == null ? Seeds.ofThisCommit() : single;
        long seeds = single == null ? SEEDS : 1;
        reporter.publishEntry("storage", seeds + " sequences of commands from seed " + first);
        for (long seed = first; seed < first + seeds; seed++) {
            List<Command> commands = commands(new SplittableRandom(seed));
            AssertionError failure = failure(commands);
            if (failure != null) {
                List<Command> shortest = Shortening.shortest(commands, tried -> failure(tried) != null);
                throw new AssertionError(
                        "replay: ./mvnw test -Dtest=StorageModelTest -Dstorage.seed=" + seed + ", shortened to "
                                + shortest,
                        failure);
            }
        }
        reporter.publishEntry("storage", crashes + " crashes, nothing lost");
    }

    private static List<Command> commands(SplittableRandom random) {
        List<Command> commands = new ArrayList<>();
        for (int i = 0; i < COMMANDS; i++) {
            int common = random.nextInt(20);
            Kind kind = common < 6
                    ? Kind.WRITE
                    : common < 9 ? Kind.COMMIT : Kind.values()[random.nextInt(Kind.values().length)];
            commands.add(new Command(kind, random.nextLong(1_000_000)));
        }
        return commands;
    }

    private @Nullable AssertionError failure(List<Command> commands) throws IOException {
        try (StoragePromises promises = new StoragePromises(directory.resolve("run-" + ++runs))) {
            new Run(promises).all(commands);
            return null;
        } catch (AssertionError e) {
            return e;
        }
    }

    private final class Run {
        private final StoragePromises promises;
        private StoragePromises.Life life;

        Run(StoragePromises promises) throws IOException {
            this.promises = promises;
            this.life = promises.open("at the beginning");
        }

        void all(List<Command> commands) throws IOException {
            try {
                for (Command command : commands) {
                    one(command);
                }
                one(new Command(Kind.REOPEN, 0));
            } finally {
                life.stop(null);
            }
        }

        private void one(Command command) throws IOException {
            try {
                run(command, new SplittableRandom(command.chance));
                if (!life.isStopped()) {
                    life.look();
                }
            } catch (IOException | RuntimeException e) {
                if (!life.isStopped()) {
                    throw new AssertionError("in " + command, e);
                }
            }
            if (life.isStopped()) {
                crashes++;
                life.stop(null);
                next("stopped in " + command);
            }
        }

        private void next(String when) throws IOException {
            try {
                life = promises.open(when);
            } catch (IOException | RuntimeException e) {
                throw new AssertionError(when, e);
            }
        }

        private void run(Command command, SplittableRandom random) throws IOException {
            long last = promises.lastIndex();
            long open = last - promises.committed();
            switch (command.kind) {
                case WRITE -> life.write(1 + random.nextInt(8), 1, 1 + random.nextInt(600), random);
                case WRITE_LARGE -> life.write(1, 1, 40_000, random);
                case BATCH -> life.write(1, 2 + random.nextInt(6), 100, random);
                case ADMIT -> life.admit(random.nextInt(PlainHistory.REPLICAS), 1 + random.nextLong(1_000));
                case LEAD -> life.lead();
                case SYNC -> life.sync();
                case COMMIT -> {
                    life.sync();
                    life.commit(last - random.nextLong(1 + Math.min(open, 3)));
                }
                case COMMIT_UNSYNCED -> life.commit(last - random.nextLong(1 + open));
                case REPLACE ->
                    life.replace(
                            last + 1 - random.nextLong(1 + open), random.nextInt(4), 1 + random.nextInt(5), random);
                case SNAPSHOT -> life.snapshot();
                case BEGIN_SNAPSHOT -> life.beginSnapshot();
                case INSTALL_OF_SAME -> {
                    if (last > 0) {
                        life.installOfSame(1 + random.nextLong(last));
                    }
                }
                case INSTALL_OF_OTHER -> life.installOfOther(1 + random.nextInt(20), random);
                case REOPEN -> {
                    life.close();
                    next("reopened");
                }
                case KILL -> life.stop(null);
                case LOSE_POWER -> life.stop(random);
                case KILL_SOON -> life.stopAt(1 + random.nextInt(LATEST_STEP), null);
                case LOSE_POWER_SOON -> life.stopAt(1 + random.nextInt(LATEST_STEP), random);
            }
        }
    }
}
