package dev.quorate.cli;

import dev.quorate.cli.KvCalls.Answer;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.history.Recorder;
import dev.quorate.protocol.Position;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Clients write one value to all keys of a group by one batch, and read the group as one page, or one key of it: to the
 * checker a group is one register. Some batches have a condition that cannot hold; nothing of these is to be seen.
 */
final class BatchWorkload implements Workload {
    private static final int SIZE = 4;
    private static final String NO_VERSION = "999999999.1";

    private final CheckRun run;

    BatchWorkload(CheckRun run) {
        this.run = run;
    }

    @Override
    public Client client(int number, SplittableRandom random) {
        return new Batcher(number, random);
    }

    private final class Batcher implements Client {
        private final int number;
        private final SplittableRandom random;
        private long count;

        Batcher(int number, SplittableRandom random) {
            this.number = number;
            this.random = random;
        }

        @Override
        public boolean step() throws InterruptedException {
            String group = run.prefix() + random.nextInt(run.options().keys()) + "/";
            return switch (random.nextInt(8)) {
                case 0 -> write(group, true);
                case 1, 2, 3 -> write(group, false);
                case 4 -> readOne(group);
                default -> readAll(group);
            };
        }

        private boolean write(String group, boolean impossible) throws InterruptedException {
            String value = number + "-" + count++;
            StringBuilder operations = new StringBuilder();
            for (int key = 0; key < SIZE; key++) {
                String condition = impossible && key == SIZE - 1 ? ",\"ifMatch\":\"" + NO_VERSION + "\"" : "";
                operations.append(String.format(
                        "%s{\"put\":\"%s%d\",\"value\":\"%s\"%s}", key == 0 ? "" : ",", group, key, value, condition));
            }
            Recorder.Call call = impossible
                    ? run.recorder().compareAndSet(number, group, "what never was", value)
                    : run.recorder().write(number, group, value);
            Answer answer = run.calls().batch(run.any(random), run.options().w(), operations.toString());
            if (answer.outcome() == Outcome.REFUSED) {
                call.failed();
                return true;
            }
            answer.end(call);
            return answer.isOk();
        }

        private boolean readOne(String group) throws InterruptedException {
            String key = group + random.nextInt(SIZE);
            String read = "read=" + run.options().read();
            Recorder.Call call = run.recorder().read(number, group);
            Answer answer = run.calls().read(KvCalls.key(run.any(random), key, read));
            answer.endRead(call);
            return answer.isOk();
        }

        private boolean readAll(String group) throws InterruptedException {
            HttpRequest.Builder page = KvCalls.path(
                    run.any(random),
                    "/kv?prefix=" + KvCalls.encoded(group) + "&read="
                            + run.options().read());
            Recorder.Call call = run.recorder().read(number, group);
            Answer answer = run.calls().read(page);
            if (!answer.isOk()) {
                call.failed();
                return false;
            }
            try {
                List<@Nullable String> values = new ArrayList<>(JsonFields.all(answer.body(), "value"));
                while (values.size() < SIZE) {
                    values.add(null);
                }
                String version = JsonFields.first(answer.body(), "version");
                call.sawAll(values, version == null ? null : Position.parse(version), answer.position());
                return true;
            } catch (IOException e) {
                throw new UncheckedIOException("no page: " + answer.body(), e);
            }
        }
    }
}
