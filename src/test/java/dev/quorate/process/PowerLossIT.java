package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The power of a real file system is cut in the middle of load: nothing that was acknowledged is lost. */
@Tag("root")
@Tag("loop")
class PowerLossIT {
    /** At work beside each other, as most of a round is waiting: for syncs, and for the file system to be mounted. */
    private static final int DISKS = 5;

    private static final int XFS_ROUNDS_A_DISK = Integer.getInteger("power.rounds", 10);
    private static final int EXT4_ROUNDS_A_DISK = Integer.getInteger("power.rounds", 4);

    @RegisterExtension
    final RunDirectory run = new RunDirectory();

    @Test
    void whatALogCalledSyncedIsThereAfterAPowerLossOnXfs(TestReporter reporter) throws Exception {
        cutAgainAndAgain(LoopDisk.Kind.XFS, XFS_ROUNDS_A_DISK, reporter);
    }

    @Test
    void whatALogCalledSyncedIsThereAfterAPowerLossOnExt4(TestReporter reporter) throws Exception {
        cutAgainAndAgain(LoopDisk.Kind.EXT4, EXT4_ROUNDS_A_DISK, reporter);
    }

    private void cutAgainAndAgain(LoopDisk.Kind kind, int rounds, TestReporter reporter) throws Exception {
        long seed = Long.getLong("power.seed", System.nanoTime());
        ExecutorService disks = Executors.newFixedThreadPool(DISKS);
        try {
            List<Callable<Long>> lives = new ArrayList<>();
            for (int disk = 0; disk < DISKS; disk++) {
                String name = "disk-" + disk;
                SplittableRandom random = new SplittableRandom(seed + disk);
                lives.add(() -> cutAgainAndAgain(kind, name, rounds, random, "seed " + seed + " " + name));
            }
            long acknowledged = 0;
            for (Future<Long> life : disks.invokeAll(lives)) {
                acknowledged += life.get();
            }
            assertTrue(acknowledged > 20L * DISKS * rounds, "there was load: " + acknowledged);
            reporter.publishEntry(
                    kind + ": power cut " + DISKS * rounds + " times",
                    acknowledged + " entries acknowledged, none lost");
        } finally {
            disks.shutdown();
        }
    }

    /**
     * Each process says what the power failure of the one before left: there is one more than is judged. Returns how many
     * entries were acknowledged.
     */
    private long cutAgainAndAgain(LoopDisk.Kind kind, String name, int rounds, SplittableRandom random, String what)
            throws Exception {
        LoadedLogModel model = new LoadedLogModel();
        Process next = load();
        try (LoopDisk disk = new LoopDisk(run.path().resolve(name), kind)) {
            for (int round = 0; round <= rounds; round++) {
                String when = what + " round " + round;
                Process process = next;
                next = load();
                cutUnder(process, disk, random, line -> model.heard(line, when));
            }
        } finally {
            next.destroyForcibly().waitFor();
        }
        return model.acknowledged();
    }

    /** Where in its life a log is hit is left to chance: after so many lines of it. */
    private static void cutUnder(Process process, LoopDisk disk, SplittableRandom random, Consumer<String> heard)
            throws Exception {
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
                BufferedWriter asked = process.outputWriter(StandardCharsets.UTF_8)) {
            asked.write(random.nextLong(1L << 40) + " " + disk.path().resolve("data") + "\n");
            asked.flush();
            hearUntilOpened(said, heard);
            int lines = random.nextInt(random.nextInt(4) == 0 ? 20 : 300);
            assertEquals(lines, hear(said, lines, heard), "it did not end by itself");
            disk.cutPower();
            // Not destroyed: that would close its output, with what it said last. It may have ended by itself.
            Tool.tryTo("kill", "-9", Long.toString(process.pid()));
            hear(said, Integer.MAX_VALUE, heard);
        } finally {
            process.destroyForcibly().waitFor();
        }
        disk.restorePower();
    }

    private static void hearUntilOpened(BufferedReader said, Consumer<String> heard) throws IOException {
        String line;
        do {
            line = said.readLine();
            assertNotNull(line, "it was opened");
            heard.accept(line);
        } while (!line.equals("opened"));
    }

    /** Returns how many lines were heard: fewer once there are no more. */
    private static int hear(BufferedReader said, int lines, Consumer<String> heard) throws IOException {
        for (int count = 0; count < lines; count++) {
            String line = said.readLine();
            if (line == null) {
                return count;
            }
            heard.accept(line);
        }
        return lines;
    }

    /** A process that waits to be told its directory: most of a round would else be its start. */
    private Process load() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LoadedLog.class.getName())
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        run.path().resolve("load.log").toFile()))
                .start();
    }

    /** All replicas of a set are on one disk, and lose it in one moment. */
    @Test
    void aSetThatLosesPowerAsAWholeComesBackWithAllThatWasAcknowledged() throws Exception {
        Map<String, String> acknowledged = new ConcurrentHashMap<>();
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicInteger number = new AtomicInteger();
        List<Thread> writers = new ArrayList<>();
        try (LoopDisk disk = new LoopDisk(run.path().resolve("data"), LoopDisk.Kind.XFS);
                ProcessCluster cluster = new ProcessCluster(run.path(), 3, "auto")) {
            cluster.startAll();
            cluster.awaitAllReady();
            for (int through = 0; through < cluster.size(); through++) {
                int id = through;
                writers.add(new Thread(() -> write(cluster, id, running, number, acknowledged)));
            }
            writers.forEach(Thread::start);
            await("writes are acknowledged").atMost(Duration.ofSeconds(60)).until(() -> acknowledged.size() > 300);
            disk.cutPower();
            for (int id = 0; id < cluster.size(); id++) {
                assertTrue(cluster.awaitExit(id), "a replica whose disk is gone ends");
            }
            running.set(false);
            for (Thread writer : writers) {
                writer.join();
            }
            disk.restorePower();
            cluster.startAll();
            cluster.awaitAllReady();
            int leader = cluster.awaitLeader();
            for (Map.Entry<String, String> entry : acknowledged.entrySet()) {
                String body = cluster.read(leader, "/read", entry.getKey());
                assertTrue(body.contains("\"" + entry.getValue() + "\""), "lost " + entry.getKey() + ": " + body);
            }
            cluster.awaitEqual();
        }
    }

    private static void write(
            ProcessCluster cluster,
            int through,
            AtomicBoolean running,
            AtomicInteger number,
            Map<String, String> acknowledged) {
        while (running.get()) {
            String key = "key-" + number.incrementAndGet();
            try {
                if (cluster.majorityWrite(through, key, "value of " + key)) {
                    acknowledged.put(key, "value of " + key);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
