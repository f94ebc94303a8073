package dev.quorate.cli;

import dev.quorate.history.Guarantee;
import java.util.List;
import java.util.SplittableRandom;

/** What the clients of a check do. */
interface Workload {
    /** One client, which awaits each answer before its next call. */
    interface Client {
        /** A call, or a few that belong together. False if nothing came of it. */
        boolean step() throws InterruptedException;
    }

    /** Before the first client begins. */
    default void begin() throws InterruptedException {}

    /**
     * A client.
     *
     * @param number from 0
     * @param random its own
     */
    Client client(int number, SplittableRandom random);

    /** Last looks, once all clients are done and every process runs. */
    default void settle() throws InterruptedException {}

    /** Those that there are. */
    static List<String> names() {
        return List.of("register", "cas", "counter", "batch", "ttl", "watch", "sessions");
    }

    /** One by its name. */
    static Workload of(CheckRun run) {
        return switch (run.options().workload()) {
            case "cas" -> new CasWorkload(run);
            case "counter" -> new CounterWorkload(run);
            case "batch" -> new BatchWorkload(run);
            case "ttl" -> new TtlWorkload(run);
            case "watch" -> new WatchWorkload(run);
            default -> new RegisterWorkload(run);
        };
    }

    /** What the history of one is held to, with reads of a level. */
    static List<Guarantee> guarantees(String name, String read) {
        boolean linearizable = read.equals("linearizable");
        return switch (name) {
            case "counter" -> List.of(Guarantee.LINEARIZABLE, Guarantee.EXACTLY_ONCE);
            case "batch" ->
                linearizable
                        ? List.of(Guarantee.LINEARIZABLE, Guarantee.UNTORN_BATCHES)
                        : List.of(Guarantee.UNTORN_BATCHES);
            case "ttl" -> List.of(Guarantee.LINEARIZABLE, Guarantee.EXPIRY);
            case "watch" -> List.of(Guarantee.WATCH_IS_LOG);
            default ->
                linearizable
                        ? List.of(Guarantee.LINEARIZABLE)
                        : List.of(Guarantee.READ_YOUR_WRITES, Guarantee.MONOTONIC_READS);
        };
    }
}
