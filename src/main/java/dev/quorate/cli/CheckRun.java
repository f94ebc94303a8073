package dev.quorate.cli;

import dev.quorate.cli.KvCalls.Answer;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.history.Recorder;
import java.net.URI;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * A check that runs: whom it calls, and where it is recorded.
 *
 * @param targets base URLs of the replicas
 * @param prefix of the keys of this run alone: the set may hold others, and each register has to be absent at first
 */
record CheckRun(CheckOptions options, List<URI> targets, Recorder recorder, KvCalls calls, String prefix) {
    /** How long a last look, or a write that is sent again, is tried: longer than any fault. */
    static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

    private static final long PAUSE_MS = 20;

    static CheckRun of(CheckOptions options, List<URI> targets, Recorder recorder) {
        String prefix = "check-" + Long.toHexString(System.nanoTime()) + "-";
        return new CheckRun(options, targets, recorder, new KvCalls(), prefix);
    }

    URI any(SplittableRandom random) {
        return targets.get(random.nextInt(targets.size()));
    }

    /** Who looks when all clients are done. */
    int observer() {
        return options.clients();
    }

    /** A linearizable read through any replica, recorded. */
    Answer read(int client, URI target, String key) throws InterruptedException {
        Recorder.Call call = recorder.read(client, key);
        Answer answer = calls.read(KvCalls.key(target, key, "read=linearizable"));
        answer.endRead(call);
        return answer;
    }

    /** As {@link #read}, through one replica after the other until one answers. */
    Answer readInTheEnd(String key) throws InterruptedException {
        long untilNs = System.nanoTime() + PATIENCE_NS;
        Answer answer = Answer.NONE;
        for (int turn = 0; !answer.isOk() && System.nanoTime() - untilNs < 0; turn++) {
            answer = read(observer(), targets.get(turn % targets.size()), key);
            pauseUnless(answer.isOk());
        }
        return answer;
    }

    /**
     * Sends a write, and sends it again through any replica while its outcome is not known.
     *
     * @param attempt has to be safe to send twice
     */
    Answer writeUntilKnown(SplittableRandom random, Attempt attempt) throws InterruptedException {
        long untilNs = System.nanoTime() + PATIENCE_NS;
        boolean open = false;
        while (true) {
            Answer answer = attempt.through(any(random));
            if (answer.outcome() == Outcome.OK || answer.outcome() == Outcome.REFUSED) {
                return answer;
            }
            open |= answer.outcome() == Outcome.UNKNOWN;
            if (!open) {
                return answer;
            }
            if (System.nanoTime() - untilNs > 0) {
                return new Answer(Outcome.UNKNOWN, answer.status(), "", null, null);
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
        }
    }

    /** A write through a replica. */
    interface Attempt {
        Answer through(URI target) throws InterruptedException;
    }

    private static void pauseUnless(boolean done) throws InterruptedException {
        if (!done) {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
        }
    }
}
