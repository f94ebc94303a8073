package dev.quorate.cli;

import dev.quorate.cli.KvCalls.Answer;
import dev.quorate.history.Recorder;
import dev.quorate.protocol.Position;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Clients write, delete, batch and let expire, while a watch for each replica tells of it, which goes on through the next
 * replica whenever its connection ends.
 */
final class WatchWorkload implements Workload {
    /** Above the numbers of clients. */
    private static final int FIRST_WATCH = 100;

    private static final long PAUSE_MS = 20;

    private final CheckRun run;
    private final List<Watcher> watchers = new ArrayList<>();

    WatchWorkload(CheckRun run) {
        this.run = run;
    }

    @Override
    public void begin() throws InterruptedException {
        Position from = mark("begin").version();
        for (int id = 0; from != null && id < run.targets().size(); id++) {
            watchers.add(new Watcher(run, FIRST_WATCH + id, id, from));
        }
    }

    @Override
    public Client client(int number, SplittableRandom random) {
        return new Writer(number, random);
    }

    /** All watches have to get to the last write. */
    @Override
    public void settle() throws InterruptedException {
        Position last = mark("end").version();
        long untilNs = System.nanoTime() + CheckRun.PATIENCE_NS;
        for (Watcher watcher : watchers) {
            while (last != null && !watcher.hasReached(last) && System.nanoTime() - untilNs < 0) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
            watcher.close();
        }
    }

    /** A write that is sent until it is acknowledged, each time as another. */
    private Answer mark(String value) throws InterruptedException {
        long untilNs = System.nanoTime() + CheckRun.PATIENCE_NS;
        Answer answer = Answer.NONE;
        for (int turn = 0; !answer.isOk() && System.nanoTime() - untilNs < 0; turn++) {
            String key = run.prefix() + "mark";
            Recorder.Call call = run.recorder().write(run.observer(), key, value + turn);
            HttpRequest.Builder request =
                    KvCalls.key(run.targets().get(turn % run.targets().size()), key, "w=majority");
            answer = run.calls().put(request, value + turn);
            answer.end(call);
            if (!answer.isOk()) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
        }
        return answer;
    }

    private final class Writer implements Client {
        private final int number;
        private final SplittableRandom random;
        private long count;

        Writer(int number, SplittableRandom random) {
            this.number = number;
            this.random = random;
        }

        @Override
        public boolean step() throws InterruptedException {
            String key = run.prefix() + random.nextInt(run.options().keys());
            String value = number + "-" + count++;
            String w = "w=" + run.options().w();
            switch (random.nextInt(8)) {
                case 0 -> {
                    Recorder.Call call = run.recorder().delete(number, key);
                    return ended(
                            call,
                            run.calls()
                                    .write(KvCalls.key(run.any(random), key, w).DELETE()));
                }
                case 1 -> {
                    Recorder.Call call = run.recorder().expiring(number, key + "/brief", value, 200);
                    HttpRequest.Builder request = KvCalls.key(run.any(random), key + "/brief", w + "&ttl=200ms");
                    return ended(call, run.calls().put(request, value));
                }
                case 2, 3 -> {
                    return batch(key, value);
                }
                default -> {
                    Recorder.Call call = run.recorder().write(number, key, value);
                    return ended(call, run.calls().put(KvCalls.key(run.any(random), key, w), value));
                }
            }
        }

        private boolean batch(String key, String value) throws InterruptedException {
            List<Recorder.Call> written = new ArrayList<>();
            StringBuilder operations = new StringBuilder();
            for (String each : List.of(key, key + "/second", key + "/third")) {
                written.add(run.recorder().write(number, each, value));
                operations.append(String.format(
                        "%s{\"put\":\"%s\",\"value\":\"%s\"}", operations.isEmpty() ? "" : ",", each, value));
            }
            Answer answer = run.calls().batch(run.any(random), run.options().w(), operations.toString());
            written.forEach(answer::end);
            return answer.isOk();
        }

        private static boolean ended(Recorder.Call call, Answer answer) {
            answer.end(call);
            return answer.isOk();
        }
    }
}
