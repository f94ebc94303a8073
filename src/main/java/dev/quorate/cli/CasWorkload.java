package dev.quorate.cli;

import dev.quorate.cli.KvCalls.Answer;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.history.Recorder;
import dev.quorate.protocol.Position;
import java.net.http.HttpRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Clients read a few keys and write them if they are still as they know them: {@code If-Match}, {@code If-None-Match}. */
final class CasWorkload implements Workload {
    private final CheckRun run;

    CasWorkload(CheckRun run) {
        this.run = run;
    }

    @Override
    public Client client(int number, SplittableRandom random) {
        return new Setter(number, random);
    }

    /** What a client knows of a key; absent without a version. */
    record Known(@Nullable String value, @Nullable Position version) {
        /** The request, to be done only if that is so. */
        HttpRequest.Builder condition(HttpRequest.Builder request) {
            return version == null
                    ? request.header("If-None-Match", "*")
                    : request.header("If-Match", "\"" + version + "\"");
        }
    }

    private final class Setter implements Client {
        private final int number;
        private final SplittableRandom random;
        private final Map<String, Known> known = new HashMap<>();
        private long count;

        Setter(int number, SplittableRandom random) {
            this.number = number;
            this.random = random;
        }

        @Override
        public boolean step() throws InterruptedException {
            String key = run.prefix() + random.nextInt(run.options().keys());
            Known at = known.get(key);
            if (at == null || random.nextInt(4) == 0) {
                Answer answer = run.read(number, run.any(random), key);
                if (answer.isOk()) {
                    known.put(key, new Known(answer.value(), answer.version()));
                }
                return answer.isOk();
            }
            return set(key, at);
        }

        private boolean set(String key, Known at) throws InterruptedException {
            String value = number + "-" + count++;
            Recorder.Call call = run.recorder().compareAndSet(number, key, at.value(), value);
            HttpRequest.Builder request =
                    KvCalls.key(run.any(random), key, "w=" + run.options().w());
            Answer answer = run.calls().put(at.condition(request), value);
            answer.end(call);
            if (answer.isOk()) {
                known.put(key, new Known(value, answer.version()));
            } else {
                known.remove(key);
            }
            return answer.isOk() || answer.outcome() == Outcome.REFUSED;
        }
    }
}
