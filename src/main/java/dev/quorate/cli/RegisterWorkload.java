package dev.quorate.cli;

import java.net.URI;
import java.util.SplittableRandom;

/** Clients read and write a few keys, each call through any replica. */
final class RegisterWorkload implements Workload {
    private final CheckRun run;

    RegisterWorkload(CheckRun run) {
        this.run = run;
    }

    @Override
    public Client client(int number, SplittableRandom random) {
        return new Registers(new KvSession(run.calls(), run.recorder(), run.options(), number), random);
    }

    private final class Registers implements Client {
        private final KvSession session;
        private final SplittableRandom random;
        private long count;

        Registers(KvSession session, SplittableRandom random) {
            this.session = session;
            this.random = random;
        }

        @Override
        public boolean step() throws InterruptedException {
            String key = run.prefix() + random.nextInt(run.options().keys());
            URI target = run.any(random);
            return random.nextBoolean() ? session.read(target, key) : session.write(target, key, count++);
        }
    }
}
