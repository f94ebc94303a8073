package dev.quorate.cli;

import dev.quorate.cli.KvCalls.Answer;
import dev.quorate.history.Recorder;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** Clients write keys that expire, each once, and look at each through any replica until it is gone. */
final class TtlWorkload implements Workload {
    private static final int LEAST_TTL_MS = 200;
    private static final int MOST_TTL_MS = 2_000;
    private static final int KEYS_A_CLIENT = 3;
    private static final long PAUSE_MS = 50;

    private final CheckRun run;
    private final Queue<String> open = new ConcurrentLinkedQueue<>();

    TtlWorkload(CheckRun run) {
        this.run = run;
    }

    @Override
    public Client client(int number, SplittableRandom random) {
        return new Client() {
            private long count;

            @Override
            public boolean step() throws InterruptedException {
                boolean full = open.size() >= KEYS_A_CLIENT * run.options().clients();
                String key = full || random.nextBoolean() ? open.poll() : null;
                return key == null ? write(number, count++, random) : look(number, key, random);
            }
        };
    }

    private boolean write(int client, long count, SplittableRandom random) throws InterruptedException {
        String value = client + "-" + count;
        String key = run.prefix() + value;
        int ttlMs = LEAST_TTL_MS + random.nextInt(MOST_TTL_MS - LEAST_TTL_MS);
        String query = "w=" + run.options().w() + "&ttl=" + ttlMs + "ms";
        Recorder.Call call = run.recorder().expiring(client, key, value, ttlMs);
        Answer answer = run.calls().put(KvCalls.key(run.any(random), key, query), value);
        answer.end(call);
        if (answer.isOk()) {
            open.add(key);
        }
        return answer.isOk();
    }

    private boolean look(int client, String key, SplittableRandom random) throws InterruptedException {
        Answer answer = run.read(client, run.any(random), key);
        if (!answer.isOk() || answer.value() != null) {
            open.add(key);
        }
        return answer.isOk();
    }

    @Override
    public void settle() throws InterruptedException {
        long untilNs = System.nanoTime() + CheckRun.PATIENCE_NS;
        String key;
        while ((key = open.poll()) != null) {
            while (run.readInTheEnd(key).value() != null && System.nanoTime() - untilNs < 0) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
        }
    }
}
