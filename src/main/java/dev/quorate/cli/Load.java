package dev.quorate.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Clients of a workload that go on as fast as they are answered, each one call at a time, for the time asked for. */
final class Load {
    private static final long PAUSE_MS = 20;

    private final CheckOptions options;
    private final Workload workload;
    private final CountDownLatch over = new CountDownLatch(1);

    Load(CheckRun run) {
        this.options = run.options();
        this.workload = Workload.of(run);
    }

    /** Returns when the time is over and every client has had its last answer. */
    void run() throws InterruptedException {
        workload.begin();
        SplittableRandom random = new SplittableRandom(options.seed());
        List<Thread> clients = new ArrayList<>();
        for (int number = 0; number < options.clients(); number++) {
            Workload.Client client = workload.client(number, random.split());
            clients.add(new Thread(() -> work(client), "client-" + number));
        }
        clients.forEach(Thread::start);
        over.await(options.duration().toNanos(), TimeUnit.NANOSECONDS);
        over.countDown();
        for (Thread client : clients) {
            client.join();
        }
    }

    /** Once every process runs: last looks. */
    void settle() throws InterruptedException {
        workload.settle();
    }

    /** Whether the time is over. */
    boolean isOver() {
        return over.getCount() == 0;
    }

    /** Waits for that long, or until the time is over. */
    void pause(long ms) throws InterruptedException {
        over.await(ms, TimeUnit.MILLISECONDS);
    }

    private void work(Workload.Client client) {
        try {
            while (!isOver()) {
                if (!client.step()) {
                    // A process that is down refuses at once: it would fill the history with refusals.
                    pause(PAUSE_MS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
