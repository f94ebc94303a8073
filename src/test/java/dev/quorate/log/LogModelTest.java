package dev.quorate.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The log against a plain list, under random commands among which are kills and power failures. A failing sequence is
 * shortened, and printed with its seed: {@code ./mvnw test -Dtest=LogModelTest -Dlog.seed=N} replays it.
 */
@Execution(ExecutionMode.CONCURRENT)
class LogModelTest {
    private static final int COMMANDS = 60;

    @TempDir
    Path directory;

    private int lives;

    private enum Kind {
        APPEND,
        APPEND_LARGE,
        SYNC,
        REQUEST_SYNC,
        TRUNCATE,
        VOTE,
        COMMIT,
        COMPACT,
        INSTALL,
        REOPEN,
        KILL,
        LOSE_POWER
    }

    /** @param chance decides whatever the command leaves open */
    private record Command(Kind kind, long chance) {
        @Override
        public String toString() {
            return kind + "(" + chance + ")";
        }
    }

    @Test
    void holdsWhatAListHolds() throws IOException {
        Long single = Long.getLong("log.seed");
        long first = single == null ? 1 : single;
        long last = single == null ? 20 : single;
        for (long seed = first; seed <= last; seed++) {
            List<Command> commands = commands(new SplittableRandom(seed));
            AssertionError failure = failure(commands);
            if (failure != null) {
                List<Command> shortest = shortest(commands);
                throw new AssertionError("-Dlog.seed=" + seed + ", shortened to " + shortest, failure);
            }
        }
    }

    /** The shortening itself: of many commands those two are left that it takes. */
    @Test
    void aFailingSequenceIsShortened() throws IOException {
        List<Command> commands = commands(new SplittableRandom(1));
        List<Command> shortest = Shortening.shortest(commands, tried -> {
            int vote = tried.indexOf(commands.get(20));
            return vote >= 0 && tried.subList(vote, tried.size()).contains(commands.get(50));
        });
        assertEquals(List.of(commands.get(20), commands.get(50)), shortest);
    }

    private static List<Command> commands(SplittableRandom random) {
        List<Command> commands = new ArrayList<>();
        for (int i = 0; i < COMMANDS; i++) {
            int common = random.nextInt(20);
            Kind kind = common < 8 ? Kind.APPEND : Kind.values()[random.nextInt(Kind.values().length)];
            commands.add(new Command(kind, random.nextLong(1_000_000)));
        }
        return commands;
    }

    private List<Command> shortest(List<Command> commands) throws IOException {
        return Shortening.shortest(commands, tried -> failure(tried) != null);
    }

    // ---- running ---------------------------------------------------------------------------------------------------

    private @Nullable AssertionError failure(List<Command> commands) throws IOException {
        try {
            new Run().all(commands);
            return null;
        } catch (AssertionError e) {
            return e;
        }
    }

    private final class Run {
        private final LogPromises promises = new LogPromises();
        private Disk disk = disk(directory.resolve("life-" + lives + "-new"));
        private LogPromises.Use log = promises.open(disk);

        Run() throws IOException {
            log.vote();
        }

        private Disk disk(Path live) throws IOException {
            return new Disk(live, directory.resolve("life-" + ++lives));
        }

        void all(List<Command> commands) throws IOException {
            for (Command command : commands) {
                run(command, new SplittableRandom(command.chance));
                log.look();
            }
            end(null, "at the end");
            log.abandon();
        }

        private void run(Command command, SplittableRandom random) throws IOException {
            switch (command.kind) {
                case APPEND -> log.append(1 + random.nextInt(20), random.nextInt(300));
                case APPEND_LARGE -> log.append(1, random.nextInt(40_000));
                case SYNC -> log.sync();
                case REQUEST_SYNC -> log.requestSync();
                case TRUNCATE -> log.truncateFrom(log.lastIndex() - random.nextInt(40));
                case VOTE -> log.vote();
                case COMMIT -> log.commit();
                case COMPACT -> log.compact();
                case INSTALL -> log.install(1 + random.nextInt(30));
                case REOPEN -> {
                    log.close();
                    end(null, command.toString());
                }
                case KILL -> end(null, command.toString());
                case LOSE_POWER -> end(random, command.toString());
            }
        }

        /** Whatever happens, what is left is looked at, and used from then on. */
        private void end(@Nullable SplittableRandom loss, String what) throws IOException {
            Path left = directory.resolve("life-" + lives);
            disk.stop(loss);
            log.abandon();
            promises.check(left, what);
            disk = disk(left);
            log = promises.open(disk);
            assertTrue(log.lastIndex() >= 0);
        }
    }
}
