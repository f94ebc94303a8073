package dev.quorate.cli;

import dev.quorate.history.Recorder;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Clients that read and write as fast as they are answered, each one call at a time, for the time asked for. */
final class Load {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final long PAUSE_MS = 20;

    private final CheckOptions options;
    private final List<URI> targets;
    private final Recorder recorder;
    private final CountDownLatch over = new CountDownLatch(1);
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
    /** Keys of this run alone: the set may hold others, and each register has to be absent at first. */
    private final String prefix;

    Load(CheckOptions options, List<URI> targets, Recorder recorder) {
        this.options = options;
        this.targets = targets;
        this.recorder = recorder;
        this.prefix = "check-" + Long.toHexString(System.nanoTime()) + "-";
    }

    /** Returns when the time is over and every client has had its last answer. */
    void run() throws InterruptedException {
        SplittableRandom random = new SplittableRandom(options.seed());
        List<Thread> clients = new ArrayList<>();
        for (int client = 0; client < options.clients(); client++) {
            KvSession session = new KvSession(http, recorder, options, client);
            SplittableRandom own = random.split();
            clients.add(new Thread(() -> work(session, own), "client-" + client));
        }
        clients.forEach(Thread::start);
        over.await(options.duration().toNanos(), TimeUnit.NANOSECONDS);
        over.countDown();
        for (Thread client : clients) {
            client.join();
        }
    }

    /** Whether the time is over. */
    boolean isOver() {
        return over.getCount() == 0;
    }

    /** Waits for that long, or until the time is over. */
    void pause(long ms) throws InterruptedException {
        over.await(ms, TimeUnit.MILLISECONDS);
    }

    private void work(KvSession session, SplittableRandom random) {
        try {
            for (long number = 0; !isOver(); number++) {
                String key = prefix + random.nextInt(options.keys());
                URI target = targets.get(random.nextInt(targets.size()));
                boolean answered =
                        random.nextBoolean() ? session.read(target, key) : session.write(target, key, number);
                if (!answered) {
                    // A process that is down refuses at once: it would fill the history with refusals.
                    pause(PAUSE_MS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
