package dev.quorate.cli;

import dev.quorate.cli.CasWorkload.Known;
import dev.quorate.cli.CheckRun.Attempt;
import dev.quorate.cli.KvCalls.Answer;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.history.Recorder;
import java.net.http.HttpRequest;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Clients count in a few keys, and overwrite a few others, under idempotency keys: what has no known outcome is sent again
 * through another replica until it has one, and some of what has one is, too.
 */
final class CounterWorkload implements Workload {
    private final CheckRun run;

    CounterWorkload(CheckRun run) {
        this.run = run;
    }

    @Override
    public Client client(int number, SplittableRandom random) {
        return new Counter(number, random);
    }

    @Override
    public void settle() throws InterruptedException {
        for (int key = 0; key < run.options().keys(); key++) {
            run.readInTheEnd(counter(key));
            run.readInTheEnd(last(key));
        }
    }

    private String counter(int key) {
        return run.prefix() + "count-" + key;
    }

    private String last(int key) {
        return run.prefix() + "last-" + key;
    }

    private final class Counter implements Client {
        private final int number;
        private final SplittableRandom random;
        private long count;

        Counter(int number, SplittableRandom random) {
            this.number = number;
            this.random = random;
        }

        @Override
        public boolean step() throws InterruptedException {
            int key = random.nextInt(run.options().keys());
            return switch (random.nextInt(5)) {
                case 0 -> run.read(number, run.any(random), last(key)).isOk();
                case 1, 2 -> overwrite(last(key));
                default -> increment(counter(key));
            };
        }

        private boolean increment(String key) throws InterruptedException {
            Answer read = run.read(number, run.any(random), key);
            if (!read.isOk()) {
                return false;
            }
            Known at = new Known(read.value(), read.version());
            String value = next(at.value()) + " " + number + "-" + count++;
            Recorder.Call call = run.recorder().compareAndSet(number, key, at.value(), value);
            return write(call, key, value, at);
        }

        /** Each value begins with the number of increments. */
        private long next(@Nullable String value) {
            return value == null ? 1 : Long.parseLong(value.substring(0, value.indexOf(' '))) + 1;
        }

        private boolean overwrite(String key) throws InterruptedException {
            String value = number + "-" + count++;
            return write(run.recorder().write(number, key, value), key, value, null);
        }

        private boolean write(Recorder.Call call, String key, String value, @Nullable Known at)
                throws InterruptedException {
            Attempt attempt = target -> {
                HttpRequest.Builder request = KvCalls.key(
                                target, key, "w=" + run.options().w())
                        .header("Idempotency-Key", key + "/" + value.replace(' ', '/'));
                return run.calls().put(at == null ? request : at.condition(request), value);
            };
            Answer answer = run.writeUntilKnown(random, attempt);
            answer.end(call);
            if (answer.isOk() && random.nextInt(4) == 0) {
                Recorder.Call repeat = run.recorder().repeat(number, key, value);
                attempt.through(run.any(random)).end(repeat);
            }
            return answer.isOk() || answer.outcome() == Outcome.REFUSED;
        }
    }
}
